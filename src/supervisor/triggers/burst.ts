/** Files that change in quick succession, and while the app is rolling, are one change. */
import { onceQuiet } from '../quiet.ts';

/** Files that never are quiet have this long, in ms. */
const AT_MOST = 30_000;
/** Names that are remembered; further ones are not counted. */
const MAX_NAMES = 1000;

export interface Burst {
  /** This file has changed. */
  readonly add: (name: string) => void;
  /** The app may have ended its rollout. */
  readonly settled: () => void;
  readonly close: () => void;
}

/**
 * @param isBusy whether the app is rolling: then what has changed waits for `settled`
 * @param act called with why, once for all that has changed
 */
export function burst(delay: number, isBusy: () => boolean, act: (cause: string) => void): Burst {
  const names = new Set<string>();
  const fire = (): void => {
    if (names.size === 0 || isBusy()) return;
    const cause = causeOf(names);
    names.clear();
    act(cause);
  };
  const quiet = onceQuiet({ quiet: delay, atMost: Math.max(delay, AT_MOST) }, fire);
  return {
    add: (name) => {
      if (names.size < MAX_NAMES) names.add(name);
      quiet.poke();
    },
    settled: () => {
      if (!quiet.isPending()) fire();
    },
    close: () => {
      quiet.close();
      names.clear();
    },
  };
}

/** `src/a.js changed`, `src/a.js and 2 more changed`. */
function causeOf(names: ReadonlySet<string>): string {
  const [first = ''] = names;
  return `${first}${names.size > 1 ? ` and ${names.size - 1} more` : ''} changed`;
}
