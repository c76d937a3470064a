/** Work that several ask for at once is done once: all of them hear of it, and it is ended once nobody waits for it. */
import { Aborted } from './release-error.ts';

export interface Waiting {
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
}

interface Run<T> {
  readonly done: Promise<T>;
  readonly waiting: Set<Waiting>;
  readonly abort: AbortController;
}

export class SharedRuns<T> {
  readonly #runs = new Map<string, Run<T>>();

  /** @param work is called if nobody has asked for the same yet */
  async join(key: string, who: Waiting, work: (to: Required<Waiting>) => Promise<T>): Promise<T> {
    if (who.signal?.aborted === true) throw new Aborted();
    const run = this.#runs.get(key) ?? this.#begin(key, work);
    run.waiting.add(who);
    let leave = (): void => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => {
        run.waiting.delete(who);
        // What is half done is cleared away before anybody hears of it.
        if (run.waiting.size === 0) run.abort.abort();
        else reject(new Aborted());
      };
      who.signal?.addEventListener('abort', leave);
    });
    try {
      return await Promise.race([run.done, left]);
    } finally {
      who.signal?.removeEventListener('abort', leave);
    }
  }

  #begin(key: string, work: (to: Required<Waiting>) => Promise<T>): Run<T> {
    const waiting = new Set<Waiting>();
    const abort = new AbortController();
    const log = (line: string): void => {
      for (const one of waiting) one.log(line);
    };
    const done = work({ log, signal: abort.signal }).finally(() => this.#runs.delete(key));
    const run = { done, waiting, abort };
    this.#runs.set(key, run);
    return run;
  }
}
