import { expect, test } from 'vitest';
import { fitting } from '../../src/logs/fitting.ts';

const rotation = { maxSize: 10, maxAge: 1000 };
const file = { size: 4, age: 0, isLineStart: true };
const bytes = (text: string): Buffer => Buffer.from(text);

test('all that there is room for', () => {
  expect(fitting(bytes('a\nb\nc\n'), file, rotation)).toBe(6);
});

test('whole lines of what is more, and none where not even one fits', () => {
  expect(fitting(bytes('aa\nbbb\ncc\n'), file, rotation)).toBe(3);
  expect(fitting(bytes('aaaaaa\nb\n'), file, rotation)).toBe(0);
});

test('none once it is too old, unless nothing is in it', () => {
  expect(fitting(bytes('a\n'), { ...file, age: 1000 }, rotation)).toBe(0);
  expect(fitting(bytes('a\n'), { ...file, size: 0, age: 1000 }, rotation)).toBe(2);
  expect(fitting(bytes('a\n'), { ...file, age: 1000 }, { ...rotation, maxAge: null })).toBe(2);
});

test('to the end of a line that has begun, whatever its size', () => {
  expect(fitting(bytes('aaaaaaaa\nb\n'), { ...file, isLineStart: false }, rotation)).toBe(9);
  expect(fitting(bytes('aaaaaaaa'), { ...file, isLineStart: false }, rotation)).toBe(8);
});

test('a line that is longer than a whole file has one of its own', () => {
  expect(fitting(bytes('aaaaaaaaaaaa\nb\n'), { ...file, size: 0 }, rotation)).toBe(13);
});
