/**
 * What came of the requests of one protocol. Nothing is ever sent again: each request ends answered, failed, or
 * refused, which is when the server has said in the protocol's own words that it did not process it, so that the
 * client may send it again.
 */
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';

/** Failures that are told one by one. */
const TOLD = 200;

/** Longest wait for an answer, in ms. */
export const PATIENCE = 10_000;

export class Refused extends Error {}

export class Tally {
  requests = 0;
  answered = 0;
  refused = 0;
  failed = 0;
  /** `{ begun, ended, reason, kept }`: in ms since the epoch; whether its connection was there before it. */
  failures = [];
  /** Longest time from one answer to the next, in ms. */
  worstGap = 0;
  #last = null;

  /** Counts one request: `work` resolves when it is answered, or throws. */
  async count(work, begun = Date.now()) {
    this.requests++;
    try {
      await work();
      this.#answer();
    } catch (error) {
      if (error instanceof Refused) this.refused++;
      else this.#fail(begun, error);
    }
  }

  #answer() {
    const now = performance.now();
    this.answered++;
    if (this.#last !== null) this.worstGap = Math.max(this.worstGap, now - this.#last);
    this.#last = now;
  }

  #fail(begun, error) {
    this.failed++;
    const reason = error.code ?? error.message;
    if (this.failures.length < TOLD)
      this.failures.push({ begun, ended: Date.now(), reason, kept: error.kept === true });
  }
}

/** Says when to stop; what is in flight then still ends. */
export const end = { asked: false };

/** Requests one after the other, begun `interval` ms apart; what could not begin in time is left out. */
export async function lane(tally, interval, work) {
  let due = performance.now() + Math.random() * interval;
  while (!end.asked) {
    const wait = due - performance.now();
    if (wait > 1) await sleep(wait);
    if (end.asked) return;
    due = Math.max(due + interval, performance.now());
    await tally.count(work);
  }
}

/** As many lanes. */
export function lanes(count, tally, interval, work) {
  return Promise.all(Array.from({ length: count }, (_, i) => lane(tally, interval, work(i))));
}

/** Waits for it, but not for ever. */
export function patiently(promise, undo = () => {}) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('timeout'));
      undo();
    }, PATIENCE);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Fails unless it is so. */
export function insist(isSo, what) {
  if (!isSo) throw new Error(what);
}
