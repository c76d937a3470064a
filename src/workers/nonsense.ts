/** What a worker says that nobody understands: told once, and counted. */
import type { WorkerNews } from './handle.ts';

export class Nonsense {
  readonly #news: (news: WorkerNews) => void;
  #count = 0;

  constructor(news: (news: WorkerNews) => void) {
    this.#news = news;
  }

  /** @param what it was; for people */
  came(what: string): void {
    this.#count += 1;
    if (this.#count === 1) this.#news({ type: 'misunderstood', what, times: 1 });
  }

  /** The worker has ended. */
  ended(): void {
    if (this.#count > 1) this.#news({ type: 'misunderstood', what: 'in all', times: this.#count });
  }
}
