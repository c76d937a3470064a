/** What could not be done to a worker is told once, and tried again for as long as the worker is there. */

/** In ms. */
const RETRY = 1000;

/** Of one kind, the latest attempt takes the place of those before it. */
export type Kind = 'state' | 'serve-on' | 'measure';

export class Attempts {
  /** By worker. */
  readonly #pending = new Map<number, Map<Kind, NodeJS.Timeout>>();

  /** @param failed called at the first failure only */
  run(worker: number, kind: Kind, act: () => void, failed: (error: unknown) => void): void {
    this.#drop(worker, kind);
    try {
      act();
    } catch (error) {
      failed(error);
      const pending = this.#pending.get(worker) ?? new Map<Kind, NodeJS.Timeout>();
      this.#pending.set(worker, pending);
      pending.set(
        kind,
        setTimeout(() => this.run(worker, kind, act, () => {}), RETRY),
      );
    }
  }

  /** The worker has gone. */
  ended(worker: number): void {
    for (const timer of this.#pending.get(worker)?.values() ?? []) clearTimeout(timer);
    this.#pending.delete(worker);
  }

  #drop(worker: number, kind: Kind): void {
    const pending = this.#pending.get(worker);
    clearTimeout(pending?.get(kind));
    pending?.delete(kind);
    if (pending?.size === 0) this.#pending.delete(worker);
  }
}
