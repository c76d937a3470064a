/**
 * How many connections of one held socket are open. Nothing is sent per connection: the count only when it has changed
 * clearly, and not more often than `SEND_EVERY`.
 */

/** A change this large is worth telling, in connections, or as a part of what was told last. */
const CLEAR = 4;
const CLEAR_PART = 0.1;
/** In ms. */
const SEND_EVERY = 50;

export class OpenCount {
  readonly #send: (open: number) => void;
  #open = 0;
  #sent = 0;
  #sentAt = -Infinity;
  #timer: NodeJS.Timeout | null = null;

  constructor(send: (open: number) => void) {
    this.#send = send;
  }

  get open(): number {
    return this.#open;
  }

  /** @param by 1 or -1 */
  change(by: number): void {
    this.#open += by;
    if (this.#timer !== null || !this.#isWorthTelling()) return;
    const wait = this.#sentAt + SEND_EVERY - performance.now();
    if (wait <= 0) this.#tell();
    else this.#timer = setTimeout(() => this.#tellLate(), wait).unref();
  }

  /** The count, for a message that tells it as well. */
  told(): number {
    this.#sent = this.#open;
    this.#sentAt = performance.now();
    return this.#open;
  }

  #tellLate(): void {
    this.#timer = null;
    if (this.#isWorthTelling()) this.#tell();
  }

  #isWorthTelling(): boolean {
    return Math.abs(this.#open - this.#sent) > Math.max(CLEAR, this.#sent * CLEAR_PART);
  }

  #tell(): void {
    this.#send(this.told());
  }
}
