/** Loading files is nearly all of what a command on a small file takes: `validate` loads what it needs. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { importsOf, SRC } from '../imports.ts';

const loaded = new Set(['cli/main.ts', 'cli/validate.ts'].map((name) => path.join(SRC, name)));
// A set that grows while it is walked through.
for (const file of loaded) if (path.isAbsolute(file)) for (const next of importsOf(file)) loaded.add(next);

const own = [...loaded].filter((file) => path.isAbsolute(file)).map((file) => path.relative(SRC, file));

test('the packages and modules of Node that `validate` loads', () => {
  expect([...loaded].filter((name) => !path.isAbsolute(name)).sort()).toEqual([
    'commander',
    'node:crypto',
    'node:fs',
    'node:fs/promises',
    'node:module',
    'node:os',
    'node:path',
    'node:util',
    'yaml',
  ]);
});

test('the files of ours that `validate` loads', () => {
  expect(own).toContain('config/parse.ts');
  expect(own.filter((name) => !/^(cli|config|files|model|shared)\//.test(name))).toEqual([
    'supervisor/version.ts',
  ]);
  expect(own.filter((name) => /report-(?!files|script)|\/import|\/print/.test(name))).toEqual([]);
  // Each costs a third of a millisecond: a few more are no matter, the supervisor's hundred would be.
  expect(own.length).toBeLessThan(110);
});
