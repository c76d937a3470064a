/** Pages for those who work on the sources name files; each of them is there. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const PAGES = [
  '.ci/run',
  'CONTRIBUTING.md',
  'docs/architecture.md',
  'docs/guide.md',
  'docs/operations.md',
  'docs/terms.md',
  'docs/dependencies.md',
];
const NAMED = /(?<![\w./-])(?:src|test|schemas|docs|fixtures)\/[\w./-]*[\w]/g;

/** `NAME` stands for any; what is JavaScript in src is a user's. */
const isExample = (name: string): boolean => name.includes('NAME') || /^src\/.*\.js$/.test(name);

test.each(PAGES)('%s', (page) => {
  const named = new Set(readFileSync(page, 'utf8').match(NAMED));
  const missing = [...named].filter((name) => !isExample(name) && !existsSync(name));
  expect(missing).toEqual([]);
});

test('every script of npm that CONTRIBUTING.md names', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const named = Array.from(
    readFileSync('CONTRIBUTING.md', 'utf8').matchAll(/npm run ([\w:]+)/g),
    ([, name]) => name,
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !(String(name) in scripts))).toEqual([]);
});

test('every test file that a script of npm names', () => {
  const named = readFileSync('package.json', 'utf8').match(/test\/[\w/-]+\.(?:test\.ts|js)/g) ?? [];
  expect(named.filter((name) => !existsSync(name))).toEqual([]);
});
