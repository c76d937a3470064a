/** The processes that run now, and what all of them are told. What one cannot be told now is tried again. */
import type { AppSpec } from '../model/spec.ts';
import type { WorkerHandle, Launch } from '../workers/handle.ts';
import type { Attempts, Kind } from './attempts.ts';

export interface RunningWorker {
  readonly launch: Launch;
  readonly handle: WorkerHandle;
}

export interface RunningWorkersOptions {
  readonly attempts: Attempts;
  /** Something could not be done: one clause about a worker, and why. */
  readonly failed: (app: string, slot: number, what: string, error: unknown) => void;
}

export class RunningWorkers {
  readonly #options: RunningWorkersOptions;
  readonly #workers = new Map<number, RunningWorker>();
  /** What workers count whether they are asked or not: durations with these bounds; null is nothing. */
  #bounds: readonly number[] | null = null;
  /** How long workers serve on if the supervisor dies, in ms. */
  #orphanTimeout = 0;

  constructor(options: RunningWorkersOptions) {
    this.#options = options;
  }

  get handles(): ReadonlyMap<number, WorkerHandle> {
    return new Map([...this.#workers].map(([id, { handle }]) => [id, handle]));
  }

  /** What they were started from. */
  get specs(): readonly AppSpec[] {
    return [...this.#workers.values()].map(({ launch }) => launch.spec);
  }

  isAny(app: string): boolean {
    return [...this.#workers.values()].some(({ launch }) => launch.spec.name === app);
  }

  /** It hears of what all are told before it is answered where to listen, so before its first request. */
  add(worker: RunningWorker): void {
    const { id } = worker.launch;
    this.#workers.set(id, worker);
    this.#serveOn(id);
    if (this.#bounds !== null) this.#keepMeasuring(id);
  }

  delete(id: number): void {
    this.#workers.delete(id);
    this.#options.attempts.ended(id);
  }

  /** @param what it could not be told or done, as a clause */
  act(id: number, kind: Kind, what: string, act: (worker: WorkerHandle) => void): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    const { launch, handle } = worker;
    const { attempts, failed } = this.#options;
    attempts.run(
      id,
      kind,
      () => act(handle),
      (error) => failed(launch.spec.name, launch.slot, `it could not ${what}`, error),
    );
  }

  /** Whom to ask how this worker is; null where there is nobody. */
  questions(id: number): ReturnType<NonNullable<WorkerHandle['questions']>> {
    return this.#workers.get(id)?.handle.questions?.() ?? null;
  }

  /** Has all count, these and later ones, until it is called with null. */
  keepMeasuring(bounds: readonly number[] | null): void {
    this.#bounds = bounds;
    for (const id of this.#workers.keys()) this.#keepMeasuring(id);
  }

  /** How long all, these and later ones, serve on if the supervisor dies, in ms. */
  serveOn(timeout: number): void {
    if (timeout === this.#orphanTimeout) return;
    this.#orphanTimeout = timeout;
    for (const id of this.#workers.keys()) this.#serveOn(id);
  }

  /** What the first of these that has said anything wrote to stderr last. */
  lastWords(ids: readonly number[]): readonly string[] {
    const words = ids.map((id) => this.#workers.get(id)?.handle.lastWords() ?? []);
    return words.find((lines) => lines.length > 0) ?? [];
  }

  /** SIGKILL to everything that still runs, requests in flight included. */
  killAll(): void {
    for (const id of this.#workers.keys()) this.act(id, 'state', 'be killed', (worker) => worker.kill());
  }

  #keepMeasuring(id: number): void {
    this.act(id, 'measure', 'be told what to count', (worker) => worker.keepMeasuring?.(this.#bounds));
  }

  #serveOn(id: number): void {
    const timeout = this.#orphanTimeout;
    this.act(id, 'serve-on', 'be told how long to serve on', (worker) => worker.serveOn?.(timeout));
  }
}
