/**
 * One of our own output streams. Whoever reads it slowly is waited for; whoever reads nothing for a while gets no more
 * until he reads again, and is told how much he missed. So nothing piles up here, no app is held up for good, and the
 * end waits for nobody.
 */
import { encode, hasRaw } from '../model/raw-bytes.ts';

/** Of a stream of Node, as far as this is concerned. */
export interface Target {
  readonly writableNeedDrain: boolean;
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(text: string | Uint8Array, done: (error?: Error | null) => void): boolean;
}

/** A reader that has taken nothing for this long, in ms, is not waited for any more. */
export const PATIENCE = 3000;
/** What is held for a reader at most, in bytes, but for a single write. */
const MAX_HELD = 1_048_576;

export class BoundedOutput {
  readonly #target: Target;
  /** Writes that have not been taken yet. */
  #pending = 0;
  #isStuck = false;
  #dropped = 0;
  #impatience: NodeJS.Timeout | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #missed: (lines: number) => string;

  /** @param missed what a reader that reads again is told, with a line end */
  constructor(target: Target, missed: (lines: number) => string) {
    this.#target = target;
    this.#missed = missed;
  }

  /** Whole lines; false asks to wait for `whenWritable`. */
  write(text: string): boolean {
    if (this.#target.destroyed) return true;
    if (this.#isStuck || this.#target.writableLength > MAX_HELD) {
      this.#dropped += text.split('\n').length - 1;
      return true;
    }
    this.#put(text);
    return !this.#target.writableNeedDrain;
  }

  /** Calls back once there is room, or nobody is waited for any more. */
  whenWritable(resume: () => void): void {
    if (this.#isStuck || !this.#target.writableNeedDrain || this.#target.destroyed) resume();
    else this.#waiting.push(resume);
  }

  #put(text: string): void {
    this.#pending += 1;
    this.#target.write(hasRaw(text) ? encode(text) : text, () => this.#taken());
    this.#impatience ??= setTimeout(() => this.#stuck(), PATIENCE).unref();
  }

  /** Also called for what could not be written, since whoever read it has gone. */
  #taken(): void {
    this.#pending -= 1;
    clearTimeout(this.#impatience);
    this.#impatience = this.#pending === 0 ? undefined : setTimeout(() => this.#stuck(), PATIENCE).unref();
    // What was held for a reader that has come back goes first, and all of it.
    if (this.#pending > 0 || this.#target.writableNeedDrain) return;
    this.#isStuck = false;
    const lines = this.#dropped;
    this.#dropped = 0;
    if (lines > 0 && !this.#target.destroyed) this.#put(this.#missed(lines));
    this.#resume();
  }

  #stuck(): void {
    this.#isStuck = true;
    this.#resume();
  }

  #resume(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
