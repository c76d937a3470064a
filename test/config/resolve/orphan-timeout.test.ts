/** `orphan_timeout` of the file. */
import { expect, test } from 'vitest';
import { DISK, fakeFiles, parse } from '../helpers.ts';

const APPS = 'apps: [{ script: server.js }]';

test.each([
  ['', 600_000],
  ['orphan_timeout: 2m', 120_000],
  ['orphan_timeout: 1500', 1500],
  ['orphan_timeout: 0', 0],
])('%j', (line, expected) => {
  const { desired, diagnostics } = parse(`${line}\n${APPS}\n`);
  expect(diagnostics).toEqual([]);
  expect(desired?.orphanTimeout).toBe(expected);
});

test('in a file that is included it is told to be without effect', () => {
  const files = fakeFiles({ ...DISK, '/srv/more.yml': `orphan_timeout: 1s\n${APPS}\n` });
  const { desired, diagnostics } = parse('include: more.yml\n', { files });
  expect(desired?.orphanTimeout).toBe(600_000);
  expect(diagnostics.map(({ code }) => code)).toEqual(['CU1513']);
});
