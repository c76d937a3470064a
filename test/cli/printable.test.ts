/** What others wrote cannot steer the terminal, wherever we show it. */
import { expect, test } from 'vitest';
import { jsonText, printable, printableLines } from '../../src/cli/printable.ts';
import { table } from '../../src/cli/table.ts';

const STEERING = '\u001b[31mred\u0007\u009b2J\u202egnp.exe\u2028\r\b';

test('control characters and marks of direction are shown as what they are: nothing to obey', () => {
  expect(printable(STEERING)).toBe('�[31mred��2J�gnp.exe���');
  expect(printable('a\tb\nc')).toBe('a b�c');
  expect(printableLines('a\nb\u001b')).toBe('a\nb�');
  expect(printable('größe 日本 🎉')).toBe('größe 日本 🎉');
});

test('a cell of a table', () => {
  expect(table([{ title: 'Name' }, { title: 'version' }], [['api', `1${STEERING}\n2`]], 80)).not.toMatch(
    /(?!\n)[\p{Cc}\u202e]|\n.*\n/u,
  );
});

test('JSON means the same and has nothing to obey', () => {
  const value = { text: STEERING, list: ['\u007f', 'ä'] };
  const text = jsonText(value, 2);
  expect(JSON.parse(text)).toEqual(value);
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
});
