/** What becomes of output that is read slowly, or not at all. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BoundedOutput, PATIENCE, type Target } from '../../src/cli/bounded-output.ts';

/** A stream with room for so many characters, of a reader who takes when he is told to. */
class Pipe implements Target {
  readonly read: string[] = [];
  readonly #held: { text: string; done: () => void }[] = [];
  destroyed = false;
  writableNeedDrain = false;

  writableLength = 0;

  write(text: string, done: () => void): boolean {
    this.#held.push({ text, done });
    this.writableLength += text.length;
    this.writableNeedDrain ||= this.writableLength >= 20;
    return !this.writableNeedDrain;
  }

  /** As Node does it: that there is room again is known before the writes are called back. */
  take(): void {
    const [next] = this.#held.splice(0, 1);
    if (next === undefined) return;
    this.read.push(next.text);
    this.writableLength -= next.text.length;
    if (this.#held.length === 0) this.writableNeedDrain = false;
    next.done();
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function setup() {
  const pipe = new Pipe();
  const output = new BoundedOutput(pipe, (lines) => `${lines} dropped\n`);
  return { pipe, output };
}

test('whoever reads slowly is waited for, and gets all', async () => {
  const { pipe, output } = setup();
  const lines = Array.from({ length: 20 }, (_, i) => `a line of output ${i}\n`);
  for (const line of lines) {
    if (output.write(line)) continue;
    let isResumed = false;
    output.whenWritable(() => (isResumed = true));
    await vi.advanceTimersByTimeAsync(PATIENCE - 1);
    expect(isResumed).toBe(false);
    while (pipe.writableLength > 0) pipe.take();
    expect(isResumed).toBe(true);
  }
  expect(pipe.read).toEqual(lines);
});

test('whoever reads nothing keeps nobody waiting, and is told how much he missed once he reads', async () => {
  const { pipe, output } = setup();
  expect(output.write('one\ntwo\nthree\nfour\nfive\n')).toBe(false);
  let resumed = 0;
  output.whenWritable(() => (resumed += 1));
  await vi.advanceTimersByTimeAsync(PATIENCE - 1);
  expect(resumed).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(resumed).toBe(1);
  for (let i = 0; i < 1000; i++) expect(output.write('six\nseven\n')).toBe(true);
  output.whenWritable(() => (resumed += 1));
  expect(resumed).toBe(2);
  expect(pipe.writableLength).toBeLessThan(30);

  pipe.take();
  expect(output.write('eight\n')).toBe(true);
  pipe.take();
  pipe.take();
  expect(pipe.read.slice(1)).toEqual(['2000 dropped\n', 'eight\n']);
});

test('what nobody waits for, our own lines, is held up to a bound', () => {
  const { pipe, output } = setup();
  for (let i = 0; i < 30_000; i++) output.write(`${'x'.repeat(99)}\n`);
  expect(pipe.writableLength).toBeLessThan(1.1 * 2 ** 20);
});

test('a reader that has gone gets nothing', async () => {
  const { pipe, output } = setup();
  output.write('a line that fills it up\n');
  pipe.destroyed = true;
  pipe.take();
  expect(output.write('more\n')).toBe(true);
  output.whenWritable(() => pipe.read.push('resumed'));
  await vi.runAllTimersAsync();
  expect(pipe.read).toEqual(['a line that fills it up\n', 'resumed']);
});
