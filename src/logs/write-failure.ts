/** What is known of a log file that cannot be written: since when, why, and how much is lost. Its begin and end are told. */
import type { Clock } from '../model/clock.ts';
import type { Line } from '../model/notice.ts';
import { count } from '../model/text.ts';

/** A file that failed is tried again after this long, in ms. */
const RETRY = 2000;

export interface FailureOptions {
  readonly clock: Clock;
  readonly say: (line: Line) => void;
}

export class WriteFailure {
  readonly #path: string;
  readonly #options: FailureOptions;
  #at: number | null = null;
  #reason: string | null = null;
  #lost = 0;

  constructor(path: string, options: FailureOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Why it cannot be written now; null if it can. */
  get reason(): string | null {
    return this.#reason;
  }

  /** Lines that could not be written, and of which nothing has been said yet. */
  get lost(): number {
    return this.#lost;
  }

  /** Too early to try again. */
  get isFresh(): boolean {
    return this.#at !== null && this.#options.clock() - this.#at < RETRY;
  }

  lose(lines: number): void {
    this.#lost += lines;
  }

  /** It has failed, perhaps once more. */
  came(reason: string, isTold: boolean): void {
    const isFirst = this.#at === null;
    this.#at = this.#options.clock();
    this.#reason = reason;
    if (isFirst && isTold)
      this.#say(
        'bad',
        `${this.#path} cannot be written: ${reason}\n  the apps go on, and what they write there is lost until it works again`,
      );
  }

  /** It is written. */
  over(): void {
    if (this.#at === null) return;
    const lost = this.#lost;
    this.#at = null;
    this.#reason = null;
    this.#lost = 0;
    this.#say('good', `${this.#path} is written again; ${count(lost, 'line')} lost`);
  }

  /** No more comes: what could not be written never will be. */
  tellLost(): void {
    if (this.#lost > 0) this.#say('bad', `${this.#path}: ${count(this.#lost, 'line')} lost`);
    this.#lost = 0;
  }

  #say(level: Line['level'], text: string): void {
    this.#options.say({ level, text });
  }
}
