import { expect, test } from 'vitest';
import { environment } from '../../src/workers/environment.ts';
import { spec } from '../plan/build.ts';

function pathOf(process: object): string | undefined {
  const made = spec();
  return environment({ slot: 0, spec: { ...made, process: { ...made.process, ...process } } })['PATH'];
}

const LINE = { shell: true, cwd: '/srv/api' };

test('a line for the shell finds the programs of packages first, the nearest before the others', () => {
  const bins = '/srv/api/node_modules/.bin:/srv/node_modules/.bin:/node_modules/.bin';
  expect(pathOf({ ...LINE, env: { PATH: '/opt/bin' } })).toBe(`${bins}:/opt/bin`);
  expect(pathOf({ ...LINE, env: {} })).toBe(`${bins}:${process.env['PATH'] ?? ''}`);
});

test('other programs get the PATH that there is, and one that is filtered is not made up', () => {
  expect(pathOf({ shell: false, cwd: '/srv/api', env: {} })).toBeUndefined();
  expect(pathOf({ ...LINE, env: {}, filterEnv: true })).toBeUndefined();
});

test('what was brought stands over what the supervisor has, and what the file sets over both', () => {
  const made = spec();
  const of = (process: object): Record<string, string | undefined> =>
    environment({ slot: 0, spec: { ...made, process: { ...made.process, ...process } } });
  const inherited = { NEW: 'n', PATH: null, LEVEL: 'warn' };
  expect(of({ env: { LEVEL: 'info' }, inherited })).toMatchObject({
    NEW: 'n',
    PATH: undefined,
    LEVEL: 'info',
  });
  // Taken away, not left as it is.
  expect(Object.keys(of({ env: {}, inherited }))).toContain('PATH');
});
