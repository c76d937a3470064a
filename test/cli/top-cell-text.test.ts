/** App output on its way to the terminal, and how much of it is kept. */
import { describe, expect, test } from 'vitest';
import { Tail } from '../../src/cli/top/tail.ts';
import { cut, fit, harmless, widthOf } from '../../src/cli/top/cell-text.ts';
import { line } from './top-world.ts';

describe('text', () => {
  test.each([
    ['\x1b[31mred\x1b[0m', 'red'],
    ['\x1b]0;title\x07after', 'after'],
    ['a\tb', 'a  b'],
    ['50%\r60%', '50%·60%'],
    ['bell\x07 null\0 del\x7f', 'bell· null· del·'],
    ['\x1b', '·'],
    ['abc\u202ecba', 'abccba'],
    ['two\u2028lines', 'two·lines'],
    ['half \ud800', 'half ·'],
    ['日本語 ok é', '日本語 ok é'],
  ])('%j becomes %j', (text, expected) => {
    expect(harmless(text)).toBe(expected);
  });

  test.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['🚀', 2],
    ['…↺─', 3],
  ])('%j takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  test('cut and padded to a width', () => {
    expect(fit('abc', 5)).toBe('abc  ');
    expect(fit('abc', 5, true)).toBe('  abc');
    expect(fit('abcdef', 5)).toBe('abcd…');
    expect(fit('日本語', 4)).toBe('日… ');
    expect(cut('abc', 0)).toBe('');
  });
});

describe('the tail of the log', () => {
  test('is bounded for each app, in lines and in their length', () => {
    const tail = new Tail();
    tail.add(line('quiet', 'still here'));
    for (let i = 0; i < 10_000; i++) tail.add(line('chatty', `${i} ${'x'.repeat(5000)}`, 'out', 0, i));
    expect(tail.last('quiet', 10)).toHaveLength(1);
    const kept = tail.last(null, Infinity);
    expect(kept).toHaveLength(101);
    expect(Math.max(...kept.map(({ text }) => text.length))).toBe(1000);
    expect(kept.at(-1)?.text).toMatch(/^9999 /);
  });

  test('shows lines in the order they were written, and forgets apps that are gone', () => {
    const tail = new Tail();
    tail.add(line('a', 'second', 'out', 0, 2));
    tail.add(line('b', 'first', 'out', 0, 1));
    expect(tail.last(null, 5).map(({ text }) => text)).toEqual(['first', 'second']);
    tail.keepOnly(['b']);
    expect(tail.last(null, 5).map(({ text }) => text)).toEqual(['first']);
    expect(tail.last('a', 5)).toEqual([]);
  });
});
