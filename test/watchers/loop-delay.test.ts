/** What is told and shown of the supervisor's own event loop. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LoopWatch, stoodText } from '../../src/watchers/loop-delay.ts';

/** Samples are 50 ms apart by plan. */
const PLANNED = 50;

class Histogram {
  max = 0;
  isOn = false;
  enable = (): boolean => (this.isOn = true);
  disable = (): boolean => !(this.isOn = false);
  reset = (): void => {
    this.max = 0;
  };
  percentile = (): number => this.max / 2;
  late(ms: number): void {
    this.max = Math.max(this.max, (ms + PLANNED) * 1e6);
  }
}

describe('with a clock of its own', () => {
  let histogram: Histogram;
  let told: number[];
  let watch: LoopWatch;
  const seconds = (count: number): unknown => vi.advanceTimersByTime(count * 1000);

  beforeEach(() => {
    vi.useFakeTimers();
    histogram = new Histogram();
    told = [];
    watch = new LoopWatch({ histogram, stood: (ms) => told.push(ms) });
  });
  afterEach(() => {
    watch.close();
    vi.useRealTimers();
  });

  test('a second is told within two, once; and again after a time without', () => {
    histogram.late(900);
    seconds(2);
    expect(told).toEqual([]);
    histogram.late(3000);
    seconds(2);
    expect(told).toEqual([3000]);
    for (let i = 0; i < 60; i++) {
      histogram.late(2000);
      seconds(2);
    }
    expect(told).toEqual([3000]);
    seconds(90);
    histogram.late(1500);
    seconds(2);
    expect(told).toEqual([3000, 1500]);
  });

  test('what is shown is of the last minute', () => {
    expect(watch.delay).toEqual({ p99: 0, max: 0 });
    histogram.late(150);
    expect(watch.delay).toEqual({ p99: 50, max: 150 });
    seconds(31);
    histogram.late(20);
    expect(watch.delay).toEqual({ p99: 50, max: 150 });
    seconds(60);
    expect(watch.delay).toEqual({ p99: 0, max: 0 });
  });

  test('nothing goes on once it is closed', () => {
    watch.close();
    histogram.late(5000);
    seconds(60);
    expect([told, histogram.isOn]).toEqual([[], false]);
  });
});

test('the real event loop: a block is seen, in ms', async () => {
  const watch = new LoopWatch({ stood: () => {} });
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  await sleep(120);
  const until = performance.now() + 300;
  while (performance.now() < until);
  await sleep(120);
  expect(watch.delay.max).toBeGreaterThan(200);
  expect(watch.delay.max).toBeLessThan(5000);
  watch.close();
});

test('the line says how long, and what that means', () => {
  expect(stoodText(3210)).toMatch(/stood still for 3\.2 s: .* had to wait$/);
});
