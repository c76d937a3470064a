import {
  chmodSync,
  linkSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentStampAt } from '../../src/files/stamp.ts';

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-stamp-'));
  file = path.join(folder, 'main.js');
  writeFileSync(file, '1');
});

afterEach(() => rmSync(folder, { recursive: true }));

test('rights and other names leave the content what it is', () => {
  const before = contentStampAt(file);
  expect(before).toMatch(/^\d+:\d+:\d+ 1 \d+$/);
  linkSync(file, `${file}.link`);
  chmodSync(file, 0o600);
  expect(contentStampAt(file)).toBe(before);
  expect(contentStampAt(`${file}.link`)).toBe(before);
});

test.each<[string, () => void]>([
  ['longer', () => writeFileSync(file, '22')],
  ['written at another time', () => utimesSync(file, 1, 1)],
  [
    'another one of the same size and time',
    () => {
      writeFileSync(`${file}.new`, '2');
      utimesSync(file, 5, 5);
      utimesSync(`${file}.new`, 5, 5);
      renameSync(`${file}.new`, file);
    },
  ],
])('%s, it has another stamp', (_, change) => {
  utimesSync(file, 5, 5);
  const before = contentStampAt(file);
  change();
  expect(contentStampAt(file)).toEqual(expect.any(String));
  expect(contentStampAt(file)).not.toBe(before);
});

test('what is not there is told from what the system does not say', () => {
  symlinkSync('loop', path.join(folder, 'loop'));
  for (const name of ['none.js', 'main.js/x', 'loop'])
    expect(contentStampAt(path.join(folder, name))).toBeNull();
  expect(contentStampAt(path.join(folder, 'x'.repeat(300)))).toBeUndefined();
});
