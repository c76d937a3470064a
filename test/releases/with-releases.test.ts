import { expect, test } from 'vitest';
import type { AppSpec } from '../../src/model/spec.ts';
import { withReleases } from '../../src/releases/with-releases.ts';
import { withProcess } from '../../src/shared/revision.ts';
import { spec } from '../plan/build.ts';

const app = (name: string, more: Partial<AppSpec> = {}): AppSpec => {
  const made = spec({ name, ...more });
  return withProcess(made, made.process);
};
const unprepared = (name: string, more: Partial<AppSpec> = {}): AppSpec => {
  const { process, ...rest } = app(name, more);
  return withProcess({ ...rest, process, unprepared: true }, { ...process, cwd: '/dev/null/release' });
};

test('an app whose release is missing goes on, with what takes effect live', () => {
  const before = app('shop', { instances: 2 });
  const { apps, pending } = withReleases({ apps: [unprepared('shop', { instances: 5 })] }, [before]);
  expect(apps).toEqual([{ ...before, instances: 5 }]);
  expect(pending).toEqual([]);
});

test('a new one waits, and so does whatever has left the file', () => {
  const [old, other, shop] = [app('old'), app('other'), unprepared('shop')];
  expect(withReleases({ apps: [shop, other] }, [old, other])).toEqual({
    apps: [other, old],
    pending: [shop],
  });
  expect(withReleases({ apps: [app('shop'), other] }, [old, other]).apps.map(({ name }) => name)).toEqual([
    'shop',
    'other',
  ]);
});
