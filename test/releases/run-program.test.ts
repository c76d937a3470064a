/** A program that is run to its end. */
import { expect, test } from 'vitest';
import { runProgram, type Ended, type Program } from '../../src/releases/run-program.ts';
import { failure } from './support.ts';

const shell = (line: string, more: Partial<Program> = {}): Promise<Ended> =>
  runProgram({
    file: '/bin/sh',
    args: ['-c', line],
    cwd: '/',
    env: { PATH: process.env['PATH'] },
    limit: 10_000,
    ...more,
  });

test('its lines, each once, however they come, and the last of them', async () => {
  const lines: string[] = [];
  const ended = await shell(`printf 'a\\r\\nb'; sleep 0.05; printf 'c\\nü'; seq 1 25 >&2; exit 7`, {
    line: (line, of) => lines.push(`${of} ${line}`),
  });
  expect(lines.filter((line) => line.startsWith('out'))).toEqual(['out a', 'out bc', 'out ü']);
  expect(ended).toMatchObject({ code: 7, signal: null, tooLong: false });
  expect(ended.last.length).toBe(20);
});

test('a line without an end is passed on in pieces', async () => {
  const lengths: number[] = [];
  await shell('head -c 300000 /dev/zero', { line: (line) => lengths.push(line.length) });
  expect(lengths.length).toBeGreaterThan(1);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(300_000);
});

test('one that hears no SIGTERM is killed', async () => {
  const ended = await shell(`trap '' TERM; while :; do sleep 0.1; done`, { limit: 200, grace: 100 });
  expect(ended).toMatchObject({ code: null, signal: 'SIGKILL', tooLong: true });
});

test('what it leaves behind does not hold it up', async () => {
  const ended = await shell('sleep 1000 & echo done');
  expect(ended).toMatchObject({ code: 0, last: ['done'] });
});

test('is ended, or not begun, where nobody waits for it', async () => {
  const abort = new AbortController();
  const work = shell('echo begun; sleep 1000', { signal: abort.signal, line: () => abort.abort() });
  expect((await failure(work)).message).toBe('It was ended before it was done.');
  expect((await failure(shell('exit 0', { signal: abort.signal }))).name).toBe('Error');
});

test('one that there is not', async () => {
  expect(await failure(shell('', { file: '/nonexistent' }))).toMatchObject({ code: 'ENOENT' });
});
