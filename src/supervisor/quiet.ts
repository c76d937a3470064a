/** Changes in quick succession are one. */

/** A save is several events; it is over when none has come for this long, in ms. */
const QUIET = 50;
/** Saves that never pause count as one after this long all the same, in ms. */
const AT_MOST = 500;

export interface Quiet {
  readonly poke: () => void;
  /** Whether it will be called back for something that has happened. */
  readonly isPending: () => boolean;
  readonly close: () => void;
}

/** Calls back once for all pokes that came in quick succession. Holds no process alive. */
export function onceQuiet(callback: () => void): Quiet {
  let quiet: NodeJS.Timeout | undefined;
  let latest: NodeJS.Timeout | undefined;
  const close = (): void => {
    clearTimeout(quiet);
    clearTimeout(latest);
    latest = undefined;
  };
  const fire = (): void => {
    close();
    callback();
  };
  return {
    poke: () => {
      clearTimeout(quiet);
      quiet = setTimeout(fire, QUIET).unref();
      latest ??= setTimeout(fire, AT_MOST).unref();
    },
    isPending: () => latest !== undefined,
    close,
  };
}
