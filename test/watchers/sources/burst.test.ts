import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { burst, type Burst } from '../../../src/watchers/sources/burst.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

let isBusy = false;
let causes: string[] = [];
let told: string[] = [];
let changes: Burst;
beforeEach(() => {
  isBusy = false;
  causes = [];
  told = [];
  changes = burst({
    delay: 500,
    isBusy: () => isBusy,
    act: (cause) => causes.push(cause),
    repeats: (file) => told.push(file),
  });
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

/** The app is rolled, and has written these files by the time it has settled. */
function write(...files: string[]): void {
  isBusy = true;
  for (const file of files) changes.add(file);
  vi.advanceTimersByTime(600);
  isBusy = false;
  changes.settled();
  vi.advanceTimersByTime(100);
}

test.each([[['data.json']], [['tmp/cache.bin', 'b.txt']]])(
  'an app that writes %j as it starts is rolled less and less often, which is said once',
  (files) => {
    changes.add('src/a.js');
    vi.advanceTimersByTime(500);
    let rolled = 0;
    const until = performance.now() + 60_000;
    while (performance.now() < until) {
      if (causes.length > rolled) {
        rolled = causes.length;
        write(...files);
      } else vi.advanceTimersByTime(100);
    }
    expect(causes.length).toBeGreaterThan(4);
    expect(causes.length).toBeLessThan(9);
    expect(told).toEqual([files[0]]);
    // A person's save is followed at once after a while, and so are saves of one file in a hurry.
    vi.advanceTimersByTime(400_000);
    const before = causes.length;
    changes.add('src/a.js');
    vi.advanceTimersByTime(500);
    expect(causes.slice(before)).toEqual(['src/a.js changed']);
  },
);

test('different files in quick succession are different saves', () => {
  for (const name of 'abcdefgh') {
    changes.add(`${name}.js`);
    vi.advanceTimersByTime(500);
    changes.settled();
  }
  expect(causes.length).toBe(8);
  expect(told).toEqual([]);
});
