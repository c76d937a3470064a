/** What ends here goes no further: a part that fails does not take along those that had nothing to do with it. */

/** Told of a fault of ours: what was going on, and what was thrown. */
export type Failed = (what: string, error: unknown) => void;

/** Runs it; whether it came to its end. */
export function guarded(what: string, failed: Failed, act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    failed(what, error);
    return false;
  }
}
