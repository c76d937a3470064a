import { expect, test } from 'vitest';
import { Returns } from '../../src/supervisor/returns.ts';
import { spec } from '../plan/build.ts';
import { running } from '../plan/world.ts';

test('an app is back once its stable revision is in every slot again, and once only', () => {
  const returns = new Returns();
  const world = running(spec());
  expect(returns.look(world.observed)).toEqual([]);
  world.edit(spec({ revision: 'b' }));
  world.note({ type: 'blocked', at: world.now, app: 'web', id: 3, on: 'port 80', trades: [] });
  world.leave();
  returns.look(world.observed);
  world.exit(1, 'Error: no', 3, 4);
  expect(world.app().rollout?.state).toBe('rolled-back');
  expect(returns.look(world.observed)).toEqual([]);
  world.listen(5, 6);
  expect(returns.look(world.observed)).toEqual(['web']);
  expect(returns.look(world.observed)).toEqual([]);
});

test('one that completes, or goes, is not', () => {
  const returns = new Returns();
  const world = running(spec());
  world.edit(spec({ revision: 'b' }));
  returns.look(world.observed);
  world.listen(3);
  world.listen(4);
  expect(world.app().rollout?.state).toBe('complete');
  expect(returns.look(world.observed)).toEqual([]);
  expect(returns.look({ apps: [] })).toEqual([]);
});
