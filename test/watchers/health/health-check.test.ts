/** When a worker is asked, and what its answers come to; on a virtual clock, without workers. */
import { describe, expect, test } from 'vitest';
import {
  answered,
  begin,
  come,
  loopInterval,
  readyInterval,
  type Rhythm,
} from '../../../src/watchers/health/check.ts';

const RHYTHM: Rhythm = { interval: 5000, timeout: 1500 };

/** Asks whenever it is due; the worker answers after `delays[i]` ms (Infinity: not at all), with `passes[i]`. */
function asked(until: number, delay: (now: number) => number, passes: (now: number) => boolean) {
  let check = begin(5000);
  let answerAt = Infinity;
  const questions: number[] = [];
  const failures: number[] = [];
  for (;;) {
    const now = Math.min(check.dueAt, answerAt);
    if (now > until) return { questions, failures, check };
    if (answerAt <= now) {
      answerAt = Infinity;
      check = answered(check, passes(now), now, RHYTHM);
    } else {
      const next = come(check, now, RHYTHM);
      check = next.check;
      if (next.ask) {
        questions.push(now);
        answerAt = now + delay(now);
      }
    }
    if (check.failures !== (failures.at(-1) ?? 0)) failures.push(check.failures);
  }
}

const yes = (): boolean => true;

describe('a question that is put again and again', () => {
  test('comes once in an interval, however long the answers take', () => {
    expect(asked(26_000, () => 900, yes).questions).toEqual([5000, 10_000, 15_000, 20_000, 25_000]);
  });

  test('counts failures in a row, and forgets them with the first success', () => {
    const { failures } = asked(
      30_000,
      () => 10,
      (now) => now > 17_000,
    );
    expect(failures).toEqual([1, 2, 3, 0]);
  });

  test('is not put twice to who does not answer, and yet each interval is a failure', () => {
    const { questions, failures } = asked(22_000, () => Infinity, yes);
    expect(questions).toEqual([5000]);
    // At 6500, 11500, 16500 and 21500.
    expect(failures).toEqual([1, 2, 3, 4]);
  });

  test('an answer that comes too late counts for nothing, but is followed by a question at once', () => {
    const { questions, failures } = asked(15_000, (now) => (now === 5000 ? 4000 : 10), yes);
    expect(questions).toEqual([5000, 9000, 14_000]);
    expect(failures).toEqual([1, 0]);
  });

  test('an answer to no question changes nothing', () => {
    const check = begin(0);
    expect(answered(check, false, 10, RHYTHM)).toBe(check);
  });
});

test('a worker that warms up is asked at 50, 100, 200 ms and so on, at last every second', () => {
  expect([0, 1, 2, 3, 4, 5, 1000].map(readyInterval)).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
});

test('event loops are looked at four times in a timeout, but not all the time', () => {
  expect([10, 1000, 10_000, 60_000].map(loopInterval)).toEqual([100, 250, 2500, 5000]);
});
