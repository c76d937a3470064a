/**
 * `balance: least-connections`, in the worker: counts the open connections of one held socket, and lets go of the
 * socket while they are more than the worker's share, so that others fill up. How many that is the supervisor says.
 *
 * Nothing is told per connection: the count only when it has changed clearly, and not more often than `TELL_EVERY`.
 * Whoever lets go has a copy of the socket in hand to take it again with, so that needs nobody's help.
 */
import { tell } from './channel.cts';
import type { HeldHandle, RawHandle } from './held-handle.cts';

/** A change of the count this large is worth telling, in connections, or as a part of what was told last. */
const CLEAR = 4;
const CLEAR_PART = 0.1;
/** In ms. */
const TELL_EVERY = 50;
/** Letting go costs a message with a handle: so many times in a row, and then so often a second. */
const RESTS = 32;
const RESTS_PER_SECOND = 20;
/**
 * A rest is for nothing where it ends within `BRIEF`, in ms, because its own connections have closed, so that they are
 * short; or where people wait in the queue time and again. For `PATIENCE_FIRST`, in ms, it does not rest then, after
 * the next such rest for twice as long, and so on.
 */
const BRIEF = 1000;
const PATIENCE_FIRST = 100;
const PATIENCE_LAST = 2000;
/** Connections must fall this far below the limit before it accepts again, or it would let go again at once. */
const ENOUGH = 0.9;
/**
 * The others may all hang in loops of their own. So after this long, in ms, it looks whether somebody waits in the
 * queue, and takes a few; if so soon again, else after twice as long, at most `PEEK_LAST`.
 */
const PEEK_FIRST = 250;
const PEEK_AGAIN = 20;
const PEEK_LAST = 1000;
const PEEK_TAKES = 4;

export class Share {
  readonly #key: string;
  readonly #handle: HeldHandle;
  #open = 0;
  #told = 0;
  #toldAt = -Infinity;
  #telling: NodeJS.Timeout | null = null;
  /** More open connections than this are too many; null is no limit. */
  #limit: number | null = null;
  #rests = RESTS;
  #restedAt = 0;
  /** How long it does not rest after a rest for nothing, in ms, and until when that is. */
  #patience = 0;
  #notBefore = 0;
  #peeking: NodeJS.Timeout | null = null;
  /** In ms. */
  #nextPeek = PEEK_FIRST;
  /** How many it has taken in the look at the queue that it is just taking; null while it takes none. */
  #taken: number | null = null;
  /** The last look found somebody. */
  #hasFound = false;

  constructor(key: string, handle: HeldHandle) {
    this.#key = key;
    this.#handle = handle;
  }

  opened(): void {
    this.#open += 1;
    this.#maybeTell();
    if (this.#taken !== null) this.#taken += 1;
    if (this.#taken === PEEK_TAKES) this.#looked();
    else if (this.#taken === null && this.#isAbove(1)) this.#rest();
  }

  /** A listener for each connection's end. */
  readonly closed = (): void => {
    this.#open -= 1;
    this.#maybeTell();
    if (!this.#handle.isResting || this.#isAbove(ENOUGH)) return;
    if (performance.now() - this.#restedAt < BRIEF) this.#bePatient();
    this.#accept();
  };

  /** The supervisor's word on how many connections are enough. */
  limit(limit: number | null): void {
    this.#limit = limit;
    if (!this.#handle.isResting || this.#isAbove(1)) return;
    this.#patience = 0;
    this.#accept();
  }

  /** A copy of the socket for the next time. */
  spare(raw: RawHandle): void {
    this.#handle.keep(raw);
    if (this.#taken === null && this.#isAbove(1)) this.#rest();
  }

  #isAbove(part: number): boolean {
    return this.#limit !== null && this.#open > this.#limit * part;
  }

  /** @param peekAfter in ms */
  #rest(peekAfter = PEEK_FIRST): void {
    const now = performance.now();
    if (now < this.#notBefore) return;
    this.#rests = Math.min(RESTS, this.#rests + ((now - this.#restedAt) / 1000) * RESTS_PER_SECOND);
    this.#restedAt = now;
    if (this.#rests < 1 || !this.#handle.rest()) return;
    this.#rests -= 1;
    this.#note();
    tell({ act: 'rests', key: this.#key, open: this.#open });
    this.#nextPeek = peekAfter;
    this.#peeking = setTimeout(() => this.#look(), peekAfter).unref();
  }

  #accept(): void {
    if (this.#peeking !== null) clearTimeout(this.#peeking);
    this.#handle.resume();
  }

  #bePatient(): void {
    this.#patience = Math.min(PATIENCE_LAST, Math.max(PATIENCE_FIRST, this.#patience * 2));
    this.#notBefore = performance.now() + this.#patience;
  }

  /** Takes who waits in the queue, if anybody does. */
  #look(): void {
    this.#taken = 0;
    this.#accept();
    // The first of the two may come before the event loop has looked at the socket.
    setImmediate(() => setImmediate(() => this.#looked()).unref()).unref();
  }

  #looked(): void {
    if (this.#taken === null) return;
    const found = this.#taken > 0;
    this.#taken = null;
    const isAgain = found && this.#hasFound;
    this.#hasFound = found;
    if (isAgain) this.#bePatient();
    if (this.#isAbove(1)) this.#rest(found ? PEEK_AGAIN : Math.min(PEEK_LAST, this.#nextPeek * 2));
  }

  #maybeTell(): void {
    if (this.#telling !== null || !this.#isWorthTelling()) return;
    const wait = this.#toldAt + TELL_EVERY - performance.now();
    if (wait <= 0) this.#tell();
    else this.#telling = setTimeout(() => this.#tellLate(), wait).unref();
  }

  #tellLate(): void {
    this.#telling = null;
    if (this.#isWorthTelling()) this.#tell();
  }

  #isWorthTelling(): boolean {
    return Math.abs(this.#open - this.#told) > Math.max(CLEAR, this.#told * CLEAR_PART);
  }

  #tell(): void {
    this.#note();
    tell({ act: 'open', key: this.#key, open: this.#open });
  }

  #note(): void {
    this.#told = this.#open;
    this.#toldAt = performance.now();
  }
}
