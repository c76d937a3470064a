/** Changes in quick succession are one. */

export interface Quiet {
  readonly poke: () => void;
  /** Whether it will be called back for something that has happened. */
  readonly isPending: () => boolean;
  readonly close: () => void;
}

export interface Patience {
  /** It is over when nothing has come for this long, in ms. */
  readonly quiet: number;
  /** What never pauses counts as over after this long all the same, in ms. */
  readonly atMost: number;
}

/** Calls back once for all pokes that came in quick succession. Holds no process alive. */
export function onceQuiet({ quiet, atMost }: Patience, callback: () => void): Quiet {
  let pause: NodeJS.Timeout | undefined;
  let latest: NodeJS.Timeout | undefined;
  const close = (): void => {
    clearTimeout(pause);
    clearTimeout(latest);
    latest = undefined;
  };
  const fire = (): void => {
    close();
    callback();
  };
  return {
    poke: () => {
      clearTimeout(pause);
      pause = setTimeout(fire, quiet).unref();
      latest ??= setTimeout(fire, atMost).unref();
    },
    isPending: () => latest !== undefined,
    close,
  };
}
