/** Asks the workers for what their meters have counted, when somebody asks us. */
import type { Timers } from '../model/clock.ts';
import type { Load, Metrics, WorkerMetrics } from '../model/control.ts';
import type { Reading } from '../model/protocol.ts';
import type { WorkerHandle } from '../workers/handle.ts';

/** How long an answer is waited for, in ms: a worker that takes longer is blocked, and said to be. */
const WAIT = 300;
/** Over less than this, in ms, a load would be noise: the last one is given again. */
const SHORTEST = 200;
/** An answer that nobody has asked for within this, in ms, is about a time that is over. */
const STALE = 5000;

export class Meters {
  readonly #timers: Timers;
  /** When each worker was asked that has not answered yet. */
  readonly #asked = new Map<number, number>();
  /** Answers not given to anybody yet. One that came too late is kept: it tells of the block that made it late. */
  readonly #answers = new Map<number, { readonly load: Load; readonly at: number }>();
  /** What each worker told last. */
  readonly #readings = new Map<number, Reading>();
  /** The last load of each worker, and the reading at its end, where the next one begins. */
  readonly #loads = new Map<number, { readonly load: Load; readonly end: Reading }>();
  #whenAnswered: (() => void) | null = null;
  #reading: Promise<Metrics> | null = null;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** What each worker is doing. All who ask at a time get the same answer, since asking starts a new interval. */
  read(workers: ReadonlyMap<number, WorkerHandle>): Promise<Metrics> {
    this.#reading ??= this.#read(workers).finally(() => (this.#reading = null));
    return this.#reading;
  }

  /**
   * A worker has told what it counted, asked or not.
   *
   * @returns what it told before, if that can be compared; null if this is the first since it began to count
   */
  told(id: number, reading: Reading, asked: boolean): Reading | null {
    const last = this.#readings.get(id);
    const before = last?.since === reading.since ? last : null;
    this.#readings.set(id, reading);
    if (!asked) return before;
    this.#asked.delete(id);
    this.#answers.set(id, { load: this.#load(id, reading), at: this.#timers.now() });
    if (this.#asked.size === 0) this.#whenAnswered?.();
    return before;
  }

  /** The worker has gone. */
  ended(id: number): void {
    this.#asked.delete(id);
    this.#answers.delete(id);
    this.#readings.delete(id);
    this.#loads.delete(id);
    if (this.#asked.size === 0) this.#whenAnswered?.();
  }

  #load(id: number, now: Reading): Load {
    const last = this.#loads.get(id);
    const begin = last?.end.since === now.since ? last.end : null;
    if (last !== undefined && begin !== null && now.at - begin.at < SHORTEST) return last.load;
    const load = loadBetween(begin, now);
    this.#loads.set(id, { load, end: now });
    return load;
  }

  async #read(workers: ReadonlyMap<number, WorkerHandle>): Promise<Metrics> {
    this.#forgetOld();
    const measurable = new Set<number>();
    for (const [id, worker] of workers) {
      // A blocked worker is not asked twice, or its channel would fill up.
      const isWaiting = this.#asked.has(id) || this.#answers.has(id);
      if (!isWaiting && worker.measure?.() === true) this.#asked.set(id, this.#timers.now());
      if (isWaiting || this.#asked.has(id)) measurable.add(id);
    }
    if (this.#asked.size > 0) await this.#allAnswered();
    const entries = [...workers.keys()].map(
      (id) => [id, measurable.has(id) ? this.#take(id) : null] as const,
    );
    return Object.fromEntries(entries);
  }

  #take(id: number): WorkerMetrics {
    const askedAt = this.#asked.get(id);
    if (askedAt !== undefined) return { load: null, silentMs: Math.round(this.#timers.now() - askedAt) };
    const load = this.#answers.get(id)?.load ?? null;
    this.#answers.delete(id);
    return { load, silentMs: null };
  }

  #allAnswered(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#whenAnswered = null;
        resolve();
      };
      const cancel = this.#timers.after(WAIT, done);
      this.#whenAnswered = done;
    });
  }

  #forgetOld(): void {
    const now = this.#timers.now();
    for (const [id, { at }] of this.#answers) if (now - at > STALE) this.#answers.delete(id);
  }
}

function loadBetween(before: Reading | null, now: Reading): Load {
  if (before === null) return { elapsedMs: 0, requests: 0, delayP99Ms: 0, utilization: 0 };
  const active = now.activeMs - before.activeMs;
  const whole = active + now.idleMs - before.idleMs;
  return {
    elapsedMs: now.at - before.at,
    requests: now.requests - before.requests,
    delayP99Ms: now.delayP99Ms,
    utilization: whole > 0 ? active / whole : 0,
  };
}
