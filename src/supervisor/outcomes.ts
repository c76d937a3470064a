/** How what is under way ends, for those who wait for it. Looks at what is known after each turn of the loop. */
import { Alarm, type Timers } from '../model/clock.ts';
import type { Outcome } from '../model/control.ts';
import type { Observed } from '../model/observed.ts';
import type { Desired } from '../model/spec.ts';
import { isConverged, outcome, outcomeBy } from '../observe/report/converged.ts';

export interface OutcomesOptions {
  readonly timers: Timers;
  /** Has the loop turn once more. */
  readonly planSoon: () => void;
  /** All is as desired now, and was not before. */
  readonly converged: (desired: Desired) => void;
}

/** Somebody who wants to know how what is under way ends. */
interface Waiting {
  readonly since: number;
  readonly resolve: (outcome: Outcome) => void;
}

export class Outcomes {
  readonly #options: OutcomesOptions;
  readonly #late: Alarm;
  readonly #waiting = new Set<Waiting>();
  #turns: (() => void)[] = [];
  #whenGone: (() => void)[] = [];
  #isConverged = false;

  constructor(options: OutcomesOptions) {
    this.#options = options;
    this.#late = new Alarm(options.timers, options.planSoon);
  }

  /** Whether what ran when it was looked at last is what is desired. */
  get isConverged(): boolean {
    return this.#isConverged;
  }

  /** Something else is desired from now on. */
  begin(): void {
    this.#isConverged = false;
  }

  /** Resolves once nothing is under way any more: all is as desired, or it is clear what cannot be. */
  wait(): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#waiting.add({ since: this.#options.timers.now(), resolve });
      this.#options.planSoon();
    });
  }

  /** Resolves once the loop has turned. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#turns.push(resolve);
      this.#options.planSoon();
    });
  }

  /** Resolves once no app is there any more. */
  gone(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenGone.push(resolve);
      this.#options.planSoon();
    });
  }

  look(desired: Desired, observed: Observed): void {
    const now = this.#options.timers.now();
    const before = this.#isConverged;
    this.#isConverged = isConverged(desired, observed, now);
    if (this.#isConverged && !before) this.#options.converged(desired);
    this.#answer(desired, observed, now);
    for (const resolve of this.#turns.splice(0)) resolve();
    if (observed.apps.length === 0) for (const resolve of this.#whenGone.splice(0)) resolve();
  }

  #answer(desired: Desired, observed: Observed, now: number): void {
    this.#late.clear();
    for (const waiting of this.#waiting) {
      const ended = outcome(desired, observed, now, waiting.since);
      if (ended === null) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(ended);
    }
    const ends = [...this.#waiting].map(({ since }) => outcomeBy(observed, since));
    const next = Math.min(...ends.filter((at) => at > now));
    if (next < Infinity) this.#late.at(next);
  }
}
