/**
 * Whether a worker that has more than its share may pause now. A pause costs a message with a handle, so there are
 * `PAUSES` in a row, and then `PAUSES_PER_SECOND`.
 *
 * A pause is for nothing where it ends within `BRIEF`, in ms, because its own connections have closed, so that they are
 * short; or where people wait in the queue time and again. For `PATIENCE_FIRST`, in ms, there is none then, after the
 * next one for nothing for twice as long, and so on. All times are on the clock of `performance.now()`.
 */
const PAUSES = 32;
const PAUSES_PER_SECOND = 20;
const BRIEF = 1000;
const PATIENCE_FIRST = 100;
const PATIENCE_LAST = 2000;

export class PauseBudget {
  #left = PAUSES;
  #countedAt = 0;
  #pausedAt = 0;
  /** How long there is none after one for nothing, in ms, and until when that is. */
  #patience = 0;
  #notBefore = 0;

  allows(now: number): boolean {
    if (now < this.#notBefore) return false;
    this.#left = Math.min(PAUSES, this.#left + ((now - this.#countedAt) / 1000) * PAUSES_PER_SECOND);
    this.#countedAt = now;
    return this.#left >= 1;
  }

  paused(now: number): void {
    this.#left -= 1;
    this.#pausedAt = now;
  }

  /** Its own connections have closed. */
  endedByItself(now: number): void {
    if (now - this.#pausedAt < BRIEF) this.wasForNothing(now);
  }

  wasForNothing(now: number): void {
    this.#patience = Math.min(PATIENCE_LAST, Math.max(PATIENCE_FIRST, this.#patience * 2));
    this.#notBefore = now + this.#patience;
  }

  /** A pause was of use. */
  wasOfUse(): void {
    this.#patience = 0;
  }
}
