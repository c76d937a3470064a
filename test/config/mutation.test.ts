/** Fifty good files times twenty kinds of fault: each is found, where it is, and nothing else is reported. */
import { expect, test } from 'vitest';
import { parse } from './helpers.ts';
import { FAULTS, MORE } from './mutation/faults.ts';
import { GOOD, Random } from './mutation/good.ts';

const file = (json: boolean): string => `/srv/ecosystem.${json ? 'json' : 'yml'}`;

test('the good files are fifty, different, and without a word of complaint', () => {
  expect(new Set(GOOD.map(({ text }) => text)).size).toBe(50);
  for (const { name, text, json } of GOOD) {
    expect(parse(text, {}, file(json)).diagnostics, `${name}\n${text}`).toEqual([]);
  }
});

const columns = { right: 0, all: 0 };

test.each([...FAULTS, ...MORE])('$name', (fault) => {
  const wrong: string[] = [];
  GOOD.forEach((good, i) => {
    const mutated = fault.make(good, new Random(i + 1));
    const { diagnostics } = parse(mutated.text, {}, file(good.json));
    const [first, ...rest] = diagnostics;
    columns.all += 1;
    if (first?.start.column === mutated.column) columns.right += 1;
    const found =
      first !== undefined && fault.codes.includes(first.code) && first.start.line === mutated.line;
    if (found && rest.length === 0) return;
    const told = diagnostics.map(
      ({ start, code, message }) => `${start.line}:${start.column} ${code} ${message}`,
    );
    wrong.push(`${good.name}: expected ${mutated.line}:${mutated.column}, got ${told.join(' | ')}`);
  });
  expect(wrong).toEqual([]);
});

test('the column is right in 95 % at least', () => {
  expect(columns.all).toBe(50 * (FAULTS.length + MORE.length));
  expect(columns.right / columns.all).toBeGreaterThanOrEqual(0.95);
});
