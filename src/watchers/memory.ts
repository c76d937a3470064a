/** Finds workers that use more memory than their app allows; looks only while an app has a limit. */
import type { Clock } from '../model/clock.ts';
import type { ObservedApp, ObservedWorker } from '../model/observed.ts';
import { agesOf, type Usage } from './processes.ts';
import { Grace } from './grace.ts';

/** Between two looks, in ms. */
const INTERVAL = 3000;

export interface MemoryOptions {
  readonly clock: Clock;
  readonly usage: (ages: ReadonlyMap<number, number>) => Promise<ReadonlyMap<number, Usage>>;
  readonly apps: () => readonly ObservedApp[];
  /** This worker is to be replaced. */
  readonly unfit: (app: string, worker: number, cause: string) => void;
}

export class MemoryWatch {
  readonly #options: MemoryOptions;
  readonly #grace = new Grace();
  #timer: NodeJS.Timeout | undefined;
  #isOn = false;

  constructor(options: MemoryOptions) {
    this.#options = options;
  }

  /** Looks from now on, or does not. */
  turn(on: boolean): void {
    if (on === this.#isOn) return;
    this.#isOn = on;
    clearTimeout(this.#timer);
    if (on) this.#lookLater();
    else this.#grace.keepOnly([]);
  }

  #lookLater(): void {
    this.#timer = setTimeout(() => {
      void this.#look().finally(() => {
        if (this.#isOn) this.#lookLater();
      });
    }, INTERVAL);
  }

  async #look(): Promise<void> {
    const ages = agesOf(this.#limited(), this.#options.clock());
    if (ages.size === 0) return;
    // What cannot be read now can be next time.
    const usage = await this.#options.usage(ages).catch(() => new Map<number, Usage>());
    if (!this.#isOn) return;
    this.#grace.keepOnly(this.#limited());
    for (const app of this.#limited()) for (const worker of app.workers) this.#judge(app, worker, usage);
  }

  /** Apps with a limit, with those of their workers that can be replaced. */
  #limited(): ObservedApp[] {
    return this.#options
      .apps()
      .filter(({ spec }) => spec.triggers.maxMemory !== null)
      .map((app) => ({
        ...app,
        workers: app.workers.filter(({ status, unfit }) => status === 'online' && unfit === null),
      }));
  }

  #judge({ name, spec }: ObservedApp, worker: ObservedWorker, usage: ReadonlyMap<number, Usage>): void {
    const limit = spec.triggers.maxMemory;
    const memory = worker.pid === null ? undefined : usage.get(worker.pid)?.memory;
    if (limit === null || memory === undefined || memory <= limit || worker.readyAt === null) return;
    if (!this.#grace.allows(name, worker.slot, this.#options.clock() - worker.readyAt)) return;
    const line = spec.lines['max_memory_restart'];
    const where = line === undefined ? '' : ` (line ${line})`;
    const cause = `uses ${megabytes(memory)}, max_memory_restart is ${megabytes(limit)}${where}`;
    this.#options.unfit(name, worker.id, cause);
  }
}

function megabytes(bytes: number): string {
  const amount = bytes / 2 ** 20;
  return `${amount < 10 ? Number(amount.toFixed(1)) : Math.round(amount)} MiB`;
}
