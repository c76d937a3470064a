/** What others wrote cannot steer the terminal, wherever we show it. */
import { expect, test } from 'vitest';
import { jsonText, printable, printableLines, withColors } from '../../src/cli/printable.ts';
import { table } from '../../src/cli/table.ts';
import { harmless } from '../../src/cli/top/cell-text.ts';

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

/** Every code point that Unicode says to be a control, a surrogate, a separator of lines, or not seen. */
const HARMFUL = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code)).filter((char) =>
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(char),
);
const JOINING = /^(?:\u200c|\u200d|[\ufe00-\ufe0f])$/;

test('one class of characters is harmful, in lines, in JSON and on the screen of top', () => {
  expect(HARMFUL.length).toBeGreaterThan(6000);
  for (const char of HARMFUL) {
    const inWords = JOINING.test(char);
    expect(printable(`a${char}b`) === `a${char}b`).toBe(inWords);
    expect(harmless(`a${char}b`)).toMatch(/^a[·  ]{0,2}b$/);
    const text = jsonText(char);
    expect(JSON.parse(text)).toBe(char);
    expect(inWords || /^"[ -~]+"$/.test(text)).toBe(true);
  }
});

test('words and emoji that are joined stay whole', () => {
  for (const text of ['می\u200cخواهم', '👩\u200d💻', '✔\ufe0f']) expect(printable(text)).toBe(text);
});

test.each([
  ['\u001b[32mok\u001b[0m done', '\u001b[32mok\u001b[0m done\u001b[0m'],
  ['\u001b[38;2;1;2;3mrgb', '\u001b[38;2;1;2;3mrgb\u001b[0m'],
  ['\u001b]0;title\u0007\u001b[2J\u001b[5Atext', 'text'],
  ['half a sequence \u001b[', 'half a sequence \ufffd['],
  ['10%\r20%\tdone\u009b\udcff', '10%\ufffd20%\tdone\ufffd\ufffd'],
])('of a line of an app, a terminal gets colours and no other sequence: %j', (line, shown) => {
  expect(withColors(line)).toBe(shown);
});
