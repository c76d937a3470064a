/** Asks the workers for their load, when somebody asks us. */
import type { Metrics, WorkerMetrics } from '../model/control.ts';
import type { Load } from '../model/protocol.ts';
import type { WorkerHandle } from '../workers/handle.ts';

/** How long an answer is waited for, in ms: a worker that takes longer is blocked, and said to be. */
const WAIT = 300;
/** Asked again sooner than this, in ms, the numbers would be noise: the last ones are given again. */
const SHORTEST = 200;
/** An answer that nobody has asked for within this, in ms, is about a time that is over. */
const STALE = 5000;

export class Meters {
  /** When each worker was asked that has not answered yet. */
  readonly #asked = new Map<number, number>();
  /** Answers not given to anybody yet. One that came too late is kept: it tells of the block that made it late. */
  readonly #answers = new Map<number, { readonly load: Load; readonly at: number }>();
  #whenAnswered: (() => void) | null = null;
  #reading: Promise<Metrics> | null = null;
  #last: { readonly metrics: Metrics; readonly at: number } | null = null;

  /** What each worker is doing. All who ask at a time get the same answer, since asking starts a new interval. */
  read(workers: ReadonlyMap<number, WorkerHandle>): Promise<Metrics> {
    const last = this.#last;
    if (last !== null && performance.now() - last.at < SHORTEST) return Promise.resolve(last.metrics);
    this.#reading ??= this.#read(workers).finally(() => (this.#reading = null));
    return this.#reading;
  }

  /** A worker has answered. */
  answered(id: number, load: Load): void {
    this.#asked.delete(id);
    this.#answers.set(id, { load, at: performance.now() });
    if (this.#asked.size === 0) this.#whenAnswered?.();
  }

  async #read(workers: ReadonlyMap<number, WorkerHandle>): Promise<Metrics> {
    this.#forget(workers);
    const measurable = new Set<number>();
    for (const [id, worker] of workers) {
      // A blocked worker is not asked twice, or its channel would fill up.
      const isWaiting = this.#asked.has(id) || this.#answers.has(id);
      if (!isWaiting && worker.measure?.() === true) this.#asked.set(id, performance.now());
      if (isWaiting || this.#asked.has(id)) measurable.add(id);
    }
    if (this.#asked.size > 0) await this.#allAnswered();
    const entries = [...workers.keys()].map(
      (id) => [id, measurable.has(id) ? this.#take(id) : null] as const,
    );
    const metrics: Metrics = Object.fromEntries(entries);
    this.#last = { metrics, at: performance.now() };
    return metrics;
  }

  #take(id: number): WorkerMetrics {
    const askedAt = this.#asked.get(id);
    if (askedAt !== undefined) return { load: null, silentMs: Math.round(performance.now() - askedAt) };
    const load = this.#answers.get(id)?.load ?? null;
    this.#answers.delete(id);
    return { load, silentMs: null };
  }

  #allAnswered(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#whenAnswered = null;
        resolve();
      };
      const timer = setTimeout(done, WAIT);
      this.#whenAnswered = done;
    });
  }

  #forget(workers: ReadonlyMap<number, WorkerHandle>): void {
    const now = performance.now();
    for (const id of this.#asked.keys()) if (!workers.has(id)) this.#asked.delete(id);
    for (const [id, { at }] of this.#answers)
      if (!workers.has(id) || now - at > STALE) this.#answers.delete(id);
  }
}
