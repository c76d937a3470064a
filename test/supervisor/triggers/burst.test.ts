import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { burst, type Burst } from '../../../src/supervisor/triggers/burst.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

let isBusy = false;
let causes: string[] = [];
let changes: Burst;
beforeEach(() => {
  isBusy = false;
  causes = [];
  changes = burst(
    500,
    () => isBusy,
    (cause) => causes.push(cause),
  );
});

test('acts once, when all has been quiet for the delay', () => {
  changes.add('a.js');
  vi.advanceTimersByTime(400);
  changes.add('b.js');
  changes.add('a.js');
  vi.advanceTimersByTime(499);
  expect(causes).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(causes).toEqual(['a.js and 1 more changed']);
  vi.advanceTimersByTime(60_000);
  expect(causes.length).toBe(1);
});

test('what changes while the app rolls is one more rollout after it', () => {
  isBusy = true;
  changes.add('a.js');
  vi.advanceTimersByTime(2_000);
  changes.add('b.js');
  vi.advanceTimersByTime(2_000);
  expect(causes).toEqual([]);
  isBusy = false;
  changes.settled();
  expect(causes).toEqual(['a.js and 1 more changed']);
  changes.settled();
  expect(causes.length).toBe(1);
});

test('the end of a rollout does not cut a save short', () => {
  isBusy = true;
  changes.add('a.js');
  isBusy = false;
  changes.settled();
  expect(causes).toEqual([]);
  vi.advanceTimersByTime(500);
  expect(causes).toEqual(['a.js changed']);
});

test('files that never are quiet have half a minute', () => {
  for (let ms = 0; ms < 65_000; ms += 100) {
    changes.add('data.json');
    vi.advanceTimersByTime(100);
  }
  expect(causes.length).toBe(2);
});

test('once closed it has no timers and never acts', () => {
  changes.add('a.js');
  changes.close();
  expect(vi.getTimerCount()).toBe(0);
  changes.settled();
  expect(causes).toEqual([]);
});
