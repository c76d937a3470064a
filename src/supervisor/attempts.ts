/** What could not be done to a worker is told once, and tried again for as long as the worker is there. */

import type { Cancel, Timers } from '../model/clock.ts';

/** In ms. */
const RETRY = 1000;

/** Of one kind, the latest attempt takes the place of those before it. */
export type Kind = 'state' | 'serve-on' | 'measure';

export class Attempts {
  /** By worker. */
  readonly #pending = new Map<number, Map<Kind, Cancel>>();
  readonly #timers: Timers;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @param failed called at the first failure only */
  run(worker: number, kind: Kind, act: () => void, failed: (error: unknown) => void): void {
    this.#drop(worker, kind);
    try {
      act();
    } catch (error) {
      failed(error);
      const pending = this.#pending.get(worker) ?? new Map<Kind, Cancel>();
      this.#pending.set(worker, pending);
      pending.set(
        kind,
        this.#timers.after(RETRY, () => this.run(worker, kind, act, () => {})),
      );
    }
  }

  /** The worker has gone. */
  ended(worker: number): void {
    for (const cancel of this.#pending.get(worker)?.values() ?? []) cancel();
    this.#pending.delete(worker);
  }

  #drop(worker: number, kind: Kind): void {
    const pending = this.#pending.get(worker);
    pending?.get(kind)?.();
    pending?.delete(kind);
    if (pending?.size === 0) this.#pending.delete(worker);
  }
}
