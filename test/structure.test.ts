/** The shape of the sources: what the linter cannot see, since it looks at one file at a time. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { referencesOf, sources, SRC } from './imports.ts';

const LONGEST_FILE = 250;

/** Names that say the same in each folder that has them. */
const SAME_NAME: Readonly<Record<string, string>> = {
  ledger: 'the agent counts in a ledger of the shape that the model gives',
  metrics: 'a command, and the page that it prints',
  orphan: 'both ends of what a worker does without its supervisor',
  plan: 'the planner, and the command that shows its plan',
  run: 'the composition root, and the command that runs a program without a file',
  state: 'the shape of what is shown, and who fills it',
  steer: 'a command, and its flags',
  up: 'a function of the API, and the command',
};

const name = (file: string): string => path.relative(SRC, file);
const base = (file: string): string => path.basename(file).replace(/\.c?ts$/, '');

test('no circle of imports, not even of types', () => {
  const references = new Map(sources().map((file) => [file, referencesOf(file)]));
  expect(references.size).toBeGreaterThan(100);
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) {
      const circle = [...way.slice(way.indexOf(file)), file];
      throw new Error(`a circle: ${circle.map(name).join(' → ')}`);
    }
    if (done.has(file)) return;
    for (const next of references.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of references.keys()) visit(file, []);
});

test(`no file has more than ${LONGEST_FILE} lines`, () => {
  const written = sources().filter((file) => !file.includes('.generated.'));
  const long = written.filter((file) => {
    const lines = readFileSync(file, 'utf8').split('\n').length - 1;
    return lines > LONGEST_FILE;
  });
  expect(long.map(name)).toEqual([]);
});

test('no name is given twice, but with a reason', () => {
  const first = new Map(sources().map((file) => [base(file), file]));
  const twice = sources().filter((file) => first.get(base(file)) !== file && !(base(file) in SAME_NAME));
  expect(twice.map((file) => `${name(file)} and ${name(first.get(base(file)) ?? '')}`)).toEqual([]);
});
