/** Time, handed in so that the clock of a test can take its place. */

/** Milliseconds since an arbitrary moment; never goes back, whatever is done to the wall clock. */
export type Clock = () => number;

export const monotonic: Clock = () => performance.now();

/** The longest delay that a timer of Node takes, in ms: a longer one would fire at once. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;
/** Ends the wait of what has not been called back yet. */
export type Cancel = () => void;

export interface Timers {
  readonly now: Clock;
  /** Calls back after this long, in ms, however long that is. */
  readonly after: (delay: number, act: () => void) => Cancel;
  /** Calls back once all that happens in this turn of the event loop has happened. */
  readonly soon: (act: () => void) => void;
}

export const systemTimers: Timers = {
  now: monotonic,
  after: (delay, act) => {
    const isWhole = delay <= LONGEST_TIMER;
    let cancel = (): void => clearTimeout(timer);
    const rest = (): void => void (cancel = systemTimers.after(delay - LONGEST_TIMER, act));
    // Some fire a fraction of a millisecond early.
    const timer = setTimeout(isWhole ? act : rest, isWhole ? Math.max(0, Math.ceil(delay)) : LONGEST_TIMER);
    return () => cancel();
  },
  soon: (act) => void setImmediate(act),
};

/** One moment to wake up at; a new one takes the place of the one before. */
export class Alarm {
  readonly #timers: Timers;
  readonly #ring: () => void;
  #cancel: Cancel = () => {};

  constructor(timers: Timers, ring: () => void) {
    this.#timers = timers;
    this.#ring = ring;
  }

  /** On the clock of its timers; a time that has passed is now. */
  at(time: number): void {
    this.#cancel();
    this.#cancel = this.#timers.after(Math.max(0, time - this.#timers.now()), this.#ring);
  }

  clear(): void {
    this.#cancel();
  }
}
