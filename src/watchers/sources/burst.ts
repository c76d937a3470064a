/** Files that change in quick succession, and while the app is rolling, are one change. */
import { onceQuiet } from '../quiet.ts';
import { Brake } from './brake.ts';

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

export interface BurstOptions {
  readonly delay: number;
  /** Whether the app is rolling: then what has changed waits for `settled`. */
  readonly isBusy: () => boolean;
  /** Called with why, once for all that has changed. */
  readonly act: (cause: string) => void;
  /** This file changes each time. */
  readonly repeats: (file: string) => void;
}

export function burst({ delay, isBusy, act, repeats }: BurstOptions): Burst {
  const names = new Set<string>();
  const brake = new Brake();
  let isSoon = false;
  let pause: NodeJS.Timeout | undefined;
  const fire = (): void => {
    clearTimeout(pause);
    if (names.size === 0 || isBusy()) return;
    const now = performance.now();
    const wait = brake.pause(names, isSoon, now);
    if (wait > 0) {
      pause = setTimeout(fire, wait).unref();
      return;
    }
    const cause = changedText([...names]);
    const file = brake.rolled(names, isSoon, now);
    names.clear();
    if (file !== null) repeats(file);
    act(cause);
  };
  const quiet = onceQuiet({ quiet: delay, atMost: Math.max(delay, AT_MOST) }, fire);
  return {
    add: (name) => {
      if (names.size === 0) isSoon = isBusy() || brake.isSoon(performance.now());
      if (names.size < MAX_NAMES) names.add(name);
      quiet.poke();
    },
    settled: () => {
      if (names.size === 0 && !isBusy()) brake.settled(performance.now());
      if (!quiet.isPending()) fire();
    },
    close: () => {
      quiet.close();
      clearTimeout(pause);
      names.clear();
    },
  };
}

/** `src/a.js changed`, `src/a.js and 2 more changed`. */
export function changedText([first = 'its files', ...others]: readonly string[]): string {
  return `${first}${others.length > 0 ? ` and ${others.length} more` : ''} changed`;
}
