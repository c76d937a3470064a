/** A line of a pid file: what is written of a process is what is read of it. */
import { expect, test } from 'vitest';
import { isAlive, lineOf, OTHERWISE, parseLine } from '../../../src/supervisor/takeover/leftover.ts';
import { processOf } from '../../../src/workers/proc.ts';

test('a line is read as it was written', () => {
  const left = { pid: 4242, born: 99, killSignal: 'SIGUSR2', killTimeout: 30_000 } as const;
  expect(parseLine(lineOf(left).trimEnd())).toEqual(left);
});

test('of a process of which nothing else is known, the line of an earlier version', () => {
  expect(parseLine('4242 99')).toEqual({ pid: 4242, born: 99, ...OTHERWISE });
});

test.each(['SIGNOTHING', 'toString', '9'])('%s is no signal', (signal) => {
  expect(parseLine(`4242 99 ${signal} 1`).killSignal).toBe('SIGTERM');
});

test.each(['', 'nonsense', '0 1', '1 1', '-4242 1', `${process.pid} 1`])('%j is nobody', (line) => {
  expect(isAlive(parseLine(line))).toBe(false);
});

test.skipIf(process.platform !== 'linux')('one that is there is alive, but for the first of all', () => {
  const born = (pid: number): number => processOf(pid)?.born ?? 0;
  expect(isAlive({ pid: process.pid, born: born(process.pid) })).toBe(true);
  expect(isAlive({ pid: process.pid, born: born(process.pid) + 1 })).toBe(false);
  expect(isAlive({ pid: 1, born: born(1) })).toBe(false);
});
