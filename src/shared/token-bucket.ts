/** A token bucket: so much at once, and then so much a second. */
export class Bucket {
  readonly #size: number;
  readonly #perSecond: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /** @param now in ms */
  constructor(size: number, perSecond: number, now: () => number = () => performance.now()) {
    this.#size = size;
    this.#perSecond = perSecond;
    this.#now = now;
    this.#tokens = size;
    this.#at = now();
  }

  /** Takes tokens out; false if there are not that many, and then it takes none. */
  take(tokens: number): boolean {
    const now = this.#now();
    this.#add(((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** Puts tokens in, as far as they fit. */
  give(tokens: number): void {
    this.#add(tokens);
  }

  #add(tokens: number): void {
    this.#tokens = Math.min(this.#size, this.#tokens + tokens);
  }
}

/** A bucket for each app. */
export class Allowance {
  readonly #size: number;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(size: number, perSecond: number) {
    this.#size = size;
    this.#perSecond = perSecond;
  }

  /** Whether the app may once more. */
  take(app: string): boolean {
    const bucket = this.#buckets.get(app) ?? new Bucket(this.#size, this.#perSecond);
    this.#buckets.set(app, bucket);
    return bucket.take(1);
  }
}
