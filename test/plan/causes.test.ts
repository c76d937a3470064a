import { expect, test } from 'vitest';
import { rolloutCause } from '../../src/plan/causes.ts';
import { spec } from './build.ts';
import { running } from './world.ts';

test('what is inherited is named as a cause, also beside what somebody asked for', () => {
  const [stable] = running(spec()).observed.apps;
  if (stable === undefined) throw new Error('nothing runs');
  const causeOf = (asked: object): string =>
    rolloutCause({
      ...stable,
      spec: { ...spec({ process: { inherited: { KEY: 'x', DB: null } } }), revision: 'b', ...asked },
    });
  expect(causeOf({})).toBe('environment: DB, KEY');
  expect(causeOf({ because: { revision: 'reload' } })).toBe('reload, environment: DB, KEY');
});
