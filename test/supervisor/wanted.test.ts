import { expect, test } from 'vitest';
import { Wanted } from '../../src/supervisor/wanted.ts';
import { desire, spec } from '../plan/build.ts';

test('a content that comes back is not restarted as somebody once wanted it', () => {
  const [one, other] = [desire(spec()), { ...desire(spec({ revision: 'b' })), generation: 'other' }];
  const wanted = new Wanted(one);
  wanted.setFile(one);
  wanted.intend('web', (intent) => ({
    ...intent,
    reloads: 1,
    asked: { what: 'restart', generation: one.generation },
  }));
  const restarted = wanted.with(one).apps[0];
  expect(restarted).toMatchObject({ because: { revision: 'restart' }, rollout: { maxSurge: 0 } });
  wanted.setFile(one);
  expect(wanted.with(one).apps[0]).toEqual(restarted);
  wanted.setFile(other);
  wanted.setFile(one);
  // It is still another one than before, or it would be rolled once more.
  expect(wanted.with(one).apps[0]).toEqual({ ...spec(), revision: restarted?.revision });
});
