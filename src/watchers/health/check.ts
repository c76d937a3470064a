/** A question that is put to a worker again and again: when the next one is due, and what the answers mean. Pure. */

export interface Rhythm {
  /** From one question to the next, in ms. */
  readonly interval: number;
  /** How long an answer may take, in ms; Infinity waits. */
  readonly timeout: number;
}

/** Times are ms on the supervisor's clock. */
export interface Check {
  /** When to ask; while an answer is awaited, when to give up on it. */
  readonly dueAt: number;
  /** When the last question was put. */
  readonly askedAt: number;
  /** It has not been answered. A worker that is blocked is not asked twice, or its channel would fill up. */
  readonly isOpen: boolean;
  /** It was given up: what comes now comes too late. */
  readonly isLate: boolean;
  /** Failures in a row. */
  readonly failures: number;
}

/** The first question is due at `at`. */
export function begin(at: number): Check {
  return { dueAt: at, askedAt: at, isOpen: false, isLate: false, failures: 0 };
}

/** What is to be done at a time that is due: `ask`, or nothing but to note that there is no answer. */
export function come(
  check: Check,
  now: number,
  { interval, timeout }: Rhythm,
): { check: Check; ask: boolean } {
  if (check.isOpen) {
    const missed = { ...check, isLate: true, failures: check.failures + 1, dueAt: now + interval };
    return { check: missed, ask: false };
  }
  return {
    check: { ...check, isOpen: true, isLate: false, askedAt: now, dueAt: now + timeout },
    ask: true,
  };
}

/** The answer is there. One that is late was counted already; it only says that asking makes sense again. */
export function answered(check: Check, passed: boolean, now: number, { interval }: Rhythm): Check {
  if (!check.isOpen) return check;
  if (check.isLate) return { ...check, isOpen: false, dueAt: now };
  return {
    ...check,
    isOpen: false,
    failures: passed ? 0 : check.failures + 1,
    dueAt: Math.max(now, check.askedAt + interval),
  };
}

/** How long to wait for a worker that is not ready yet before it is asked again, in ms. */
export function readyInterval(failures: number): number {
  return Math.min(1000, 50 * 2 ** Math.min(failures, 10));
}

/** How often to see whether an event loop turns, in ms, so that a block of `timeout` is found soon after that. */
export function loopInterval(timeout: number): number {
  return Math.min(5000, Math.max(100, timeout / 4));
}
