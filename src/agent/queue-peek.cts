/**
 * Looks into the queue of a socket that this worker has let go of: the others may all hang in loops of their own. So
 * after `PEEK_FIRST`, in ms, it looks whether somebody waits there, and takes a few; if so soon again, else after twice
 * as long, at most `PEEK_LAST`.
 */
const PEEK_FIRST = 250;
const PEEK_AGAIN = 20;
const PEEK_LAST = 1000;
const PEEK_TAKES = 4;

export interface PeekListener {
  /** Connections in the queue, if there are any, are to be accepted now. */
  readonly began: () => void;
  /** @param isAgain somebody waited there, as at the last look. */
  readonly ended: (isAgain: boolean) => void;
}

export class QueuePeek {
  readonly #listener: PeekListener;
  #timer: NodeJS.Timeout | null = null;
  /** When the next one is, in ms after the pause begins. */
  #wait = PEEK_FIRST;
  /** How many this look has taken; null while there is none. */
  #taken: number | null = null;
  /** The last look found somebody. */
  #hasFound = false;

  constructor(listener: PeekListener) {
    this.#listener = listener;
  }

  get isUnderWay(): boolean {
    return this.#taken !== null;
  }

  /** A pause begins; `isFirst` if it does not follow on a look. */
  schedule(isFirst: boolean): void {
    if (isFirst) this.#wait = PEEK_FIRST;
    this.#timer = setTimeout(() => this.#look(), this.#wait).unref();
  }

  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** A connection has come while it is under way. */
  took(): void {
    if (this.#taken === null) return;
    this.#taken += 1;
    if (this.#taken === PEEK_TAKES) this.#end();
  }

  #look(): void {
    this.#taken = 0;
    this.#listener.began();
    // The first of the two may come before the event loop has looked at the socket.
    setImmediate(() => setImmediate(() => this.#end()).unref()).unref();
  }

  #end(): void {
    if (this.#taken === null) return;
    const found = this.#taken > 0;
    const isAgain = found && this.#hasFound;
    this.#taken = null;
    this.#hasFound = found;
    this.#wait = found ? PEEK_AGAIN : Math.min(PEEK_LAST, this.#wait * 2);
    this.#listener.ended(isAgain);
  }
}
