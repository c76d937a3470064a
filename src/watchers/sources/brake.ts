/**
 * Files that change each time their app starts are written by the app itself, and would have it rolled without end. Such
 * rollouts get rarer and rarer.
 */

/** A change this soon after a rollout may be its doing, in ms. */
const SOON = 10_000;
/** So many rollouts in a row for one file are no coincidence. */
const MOST = 3;
const FIRST_PAUSE = 5000;
const LONGEST_PAUSE = 300_000;

export class Brake {
  #files: ReadonlySet<string> = new Set();
  #inARow = 0;
  /** When the app has settled last, or was rolled. */
  #lastAt = -Infinity;

  /** Whether what changes now may be the doing of the last rollout. */
  isSoon(now: number): boolean {
    return now - this.#lastAt < SOON;
  }

  settled(now: number): void {
    this.#lastAt = now;
  }

  /** How long a rollout for these files has to wait from `now` on, in ms. */
  pause(files: ReadonlySet<string>, isSoon: boolean, now: number): number {
    if (!isSoon || this.#again(files) === undefined || this.#inARow < MOST) return 0;
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#inARow - MOST));
    return Math.max(0, this.#lastAt + pause - now);
  }

  /**
   * The app is rolled for these files.
   *
   * @returns the file that is to be told of; null as long as there is none
   */
  rolled(files: ReadonlySet<string>, isSoon: boolean, now: number): string | null {
    const again = isSoon ? this.#again(files) : undefined;
    this.#inARow = again === undefined ? 1 : this.#inARow + 1;
    this.#files = new Set(files);
    this.#lastAt = now;
    return this.#inARow === MOST ? (again ?? null) : null;
  }

  /** One that the last rollout was for, too. */
  #again(files: ReadonlySet<string>): string | undefined {
    return [...files].find((file) => this.#files.has(file));
  }
}
