/** Milliseconds since an arbitrary moment; never goes back, whatever is done to the wall clock. */
export type Clock = () => number;

export const monotonic: Clock = () => performance.now();
