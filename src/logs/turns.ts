/** Whose turn it is to write to a file: whoever has begun a line ends it before anybody else begins one. */

/** The others wait this long, in ms, for the rest of a line that has begun. */
const PATIENCE = 1000;
/** And this long where its line was ended for them before, and it has ended none since. */
const SHORT_PATIENCE = 50;
/** One that never ends, in UTF-16 code units, is ended for them. */
const LONGEST = 64 * 1024 * 1024;

/** Someone who writes to the file. */
export interface Writer {
  /** Ends the line it has begun: others wait to write theirs. */
  readonly interrupt: () => void;
}

export interface Chunk {
  readonly writer: Writer;
  readonly text: string;
  /** It ends with the end of a line. */
  readonly whole: boolean;
}

export interface TurnsOptions {
  /** The text is next. */
  readonly take: (text: string) => void;
  /** The file itself is what everybody waits for. */
  readonly isBusy: () => boolean;
  /** Somebody who had to wait for others has had a turn. */
  readonly served: () => void;
}

export class Turns {
  readonly #options: TurnsOptions;
  #owner: Writer | null = null;
  /** How long the owner's line is so far. */
  #held = 0;
  readonly #queue: Chunk[] = [];
  #impatience: NodeJS.Timeout | undefined;
  /** How long the owner's line was when the others began to wait. */
  #heldThen = 0;
  /** The owner's line is being ended for the others. */
  #isInterrupting = false;
  /** Those whose last line was. */
  readonly #endless = new WeakSet<Writer>();

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  offer(chunk: Chunk): void {
    if (this.#owner === chunk.writer || (this.#owner === null && this.#queue.length === 0)) this.#take(chunk);
    else this.#queue.push(chunk);
    this.#takeQueued();
  }

  isWaiting(writer: Writer): boolean {
    return this.#queue.some((chunk) => chunk.writer === writer);
  }

  #take({ writer, text, whole }: Chunk): void {
    this.#owner = whole ? null : writer;
    this.#held = whole ? 0 : this.#held + text.length;
    if (whole) {
      // The patience of the others is about this line, and not about a piece of it.
      clearTimeout(this.#impatience);
      this.#impatience = undefined;
      if (!this.#isInterrupting) this.#endless.delete(writer);
    }
    this.#options.take(text);
  }

  /** What may be written now: the rest of the line that has begun, or what came first. */
  #takeQueued(): void {
    let taken = false;
    for (;;) {
      const at = this.#queue.findIndex(({ writer }) => this.#owner === null || this.#owner === writer);
      const [chunk] = at < 0 ? [] : this.#queue.splice(at, 1);
      if (chunk === undefined) break;
      this.#take(chunk);
      taken = true;
    }
    if (taken) this.#options.served();
    if (this.#queue.length > 0) this.#waitForOwner();
  }

  #waitForOwner(): void {
    const owner = this.#owner;
    if (owner === null) return;
    if (this.#held > LONGEST) return this.#interrupt(owner);
    if (this.#impatience !== undefined) return;
    this.#heldThen = this.#held;
    this.#impatience = setTimeout(
      () => {
        this.#impatience = undefined;
        // Where the owner cannot write on, either, it is the file that all wait for.
        if (this.#options.isBusy() && this.#held === this.#heldThen) this.#waitForOwner();
        else this.#interrupt(owner);
      },
      this.#endless.has(owner) ? SHORT_PATIENCE : PATIENCE,
    );
  }

  #interrupt(owner: Writer): void {
    this.#isInterrupting = true;
    this.#endless.add(owner);
    try {
      owner.interrupt();
    } finally {
      this.#isInterrupting = false;
    }
  }
}
