import { expect, test } from 'vitest';
import { Wanted } from '../../src/supervisor/wanted.ts';
import { desire, spec } from '../plan/build.ts';
import { fromGit } from '../releases/support.ts';

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

test('an app whose release was never there is none that can be run, and is known', () => {
  const next = desire(spec({ unprepared: true, source: fromGit('/repo') }), spec({ name: 'other' }));
  const wanted = new Wanted(next, ({ source }) =>
    source === undefined ? null : { state: 'preparing', message: 'waits for its release' },
  );
  wanted.setFile(next);
  const file = wanted.file ?? next;
  expect(wanted.with(file).apps.map(({ name }) => name)).toEqual(['other']);
  expect([...(wanted.with(file).preparations?.keys() ?? [])]).toEqual(['web']);
  expect(wanted.names).toEqual(['other', 'web']);
});
