/** Reading the file again, one reading at a time, and telling what has become of it. */
import type { Loaded } from '../config/load.ts';
import type { Desired } from '../model/spec.ts';

export interface FollowOptions {
  readonly load: () => Promise<Loaded>;
  /** The content has changed, and can be applied. */
  readonly applied: (desired: Desired, loaded: Loaded) => void;
  /** The content has changed, and cannot: what runs goes on unchanged. Told once for each such content. */
  readonly rejected: (loaded: Loaded) => void;
}

export class Follower {
  readonly #options: FollowOptions;
  #seen: string | null = null;
  #error: string | null = null;
  #reading: Promise<void> = Promise.resolve();
  #queued: Promise<void> | null = null;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  /** Why the file as it was last read is not what runs, in one line; null if it is. */
  get error(): string | null {
    return this.#error;
  }

  /** Takes what has been read already as seen. */
  seen(desired: Desired): void {
    this.#seen = desired.generation;
  }

  /** Resolves when the file has been read after this call. Calls that come before it is share one reading. */
  look(): Promise<void> {
    this.#queued ??= this.#reading.then(() => {
      this.#queued = null;
      return this.#load();
    });
    this.#reading = this.#queued;
    return this.#queued;
  }

  async #load(): Promise<void> {
    const loaded = await this.#options.load();
    const { desired, diagnostics } = loaded;
    const first = diagnostics.find(({ severity }) => severity === 'error');
    this.#error =
      first === undefined ? null : `${first.start.line}:${first.start.column} ${first.code} ${first.message}`;
    // Without a Desired there is no generation: what is said about the file stands for it, so it is said once.
    const state = desired?.generation ?? JSON.stringify(diagnostics);
    if (state === this.#seen) return;
    this.#seen = state;
    if (desired === null) this.#options.rejected(loaded);
    else this.#options.applied(desired, loaded);
  }
}
