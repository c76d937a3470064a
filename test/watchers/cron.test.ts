import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { schedule } from '../../src/watchers/cron.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const HOUR = 3_600_000;

/** The times at which it was due; the clock is set to each of these moments in turn and runs on for so long. */
async function times(
  line: string,
  timeZone: string | null,
  ms: number,
  ...starts: string[]
): Promise<string[]> {
  vi.setSystemTime(new Date(starts[0] ?? 0));
  const due: string[] = [];
  const job = schedule({ line, timeZone }, () => due.push(new Date().toISOString().slice(0, 19)));
  for (const start of starts) {
    vi.setSystemTime(new Date(start));
    await vi.advanceTimersByTimeAsync(ms);
  }
  job.close();
  expect(vi.getTimerCount()).toBe(0);
  return due;
}

test('six fields begin with the seconds, five with the minutes', async () => {
  expect(await times('*/20 * * * * *', 'UTC', 60_000, '2026-01-01T00:00:05Z')).toEqual([
    '2026-01-01T00:00:20',
    '2026-01-01T00:00:40',
    '2026-01-01T00:01:00',
  ]);
  expect(await times('*/20 * * * *', 'UTC', HOUR, '2026-01-01T00:00:05Z')).toEqual([
    '2026-01-01T00:20:00',
    '2026-01-01T00:40:00',
    '2026-01-01T01:00:00',
  ]);
});

test('a time zone has its own midnight, in winter and in summer', async () => {
  const starts = ['2026-03-28T00:30:00Z', '2026-03-29T00:30:00Z', '2026-03-30T00:30:00Z'];
  expect(await times('0 3 * * *', 'Europe/Berlin', 2 * HOUR, ...starts)).toEqual([
    '2026-03-28T02:00:00',
    '2026-03-29T01:00:00',
    '2026-03-30T01:00:00',
  ]);
});

test('an hour that is left out in spring is not a day without a run, one that comes twice in autumn not two', async () => {
  expect((await times('30 2 * * *', 'Europe/Berlin', 5 * HOUR, '2026-03-28T23:00:00Z')).length).toBe(1);
  expect((await times('30 2 * * *', 'Europe/Berlin', 5 * HOUR, '2026-10-24T22:00:00Z')).length).toBe(1);
});

test('a clock that is set forward finds the date that was months away', async () => {
  const starts = ['2026-01-01T00:00:00Z', '2026-02-28T23:59:00Z'];
  expect(await times('0 0 1 3 *', 'UTC', 120_000, ...starts)).toEqual(['2026-03-01T00:00:00']);
});

test('a date that never comes is waited for without a timer', async () => {
  expect(await times('0 0 31 2 *', 'UTC', HOUR, '2026-01-01T00:00:00Z')).toEqual([]);
});
