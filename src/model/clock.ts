/** Milliseconds since an arbitrary moment; never goes back, whatever is done to the wall clock. */
export type Clock = () => number;

export const monotonic: Clock = () => performance.now();

/** The longest delay that a timer of Node takes, in ms: a longer one would fire at once. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;
