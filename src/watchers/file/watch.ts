/**
 * Tells as soon as the system does that something has changed on the way to a file. It may miss changes: whoever
 * follows the file looks by itself as well.
 */
import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { Place } from './way.ts';

export interface Watch {
  /** From now on these and no others; a place that has been replaced by another, or whose watch was lost, anew. */
  readonly arm: (places: ReadonlyMap<string, Place>) => void;
  readonly close: () => void;
}

/** @param failed told once: nothing tells of some changes, until all can be watched again. */
export type StartWatch = (changed: () => void, failed: (error: Error) => void) => Watch;

type Open = (
  place: string,
  options: { persistent: boolean },
  told: (event: string, name: string | null) => void,
) => FSWatcher;

interface Armed {
  readonly identity: string;
  readonly watcher: FSWatcher;
}

/** Gone since it was looked at, which the next look sees. */
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** With as little as the system has: folders without what is below them, in them only the names that matter. */
export function watchPlaces(changed: () => void, failed: (error: Error) => void, open: Open = watch): Watch {
  const armed = new Map<string, Armed>();
  let places: ReadonlyMap<string, Place> = new Map();
  let isTold = false;
  const lost = (place: string, error: NodeJS.ErrnoException): void => {
    armed.get(place)?.watcher.close();
    armed.delete(place);
    if (GONE.has(error.code ?? '') || isTold) return;
    isTold = true;
    failed(error);
  };
  const start = (place: string, identity: string): void => {
    try {
      // It holds no process alive that has nothing else to do.
      const watcher = open(place, { persistent: false }, (_event, name) => {
        const names = places.get(place)?.names ?? null;
        // By its own name the folder itself is told of.
        if (name === null || names === null || names.has(name) || name === path.basename(place)) changed();
      });
      watcher.on('error', (error) => lost(place, error));
      armed.set(place, { identity, watcher });
    } catch (error) {
      lost(place, error as NodeJS.ErrnoException);
    }
  };
  const drop = (isWanted: (place: string, identity: string) => boolean): void => {
    for (const [place, { identity, watcher }] of armed) {
      if (isWanted(place, identity)) continue;
      watcher.close();
      armed.delete(place);
    }
  };
  return {
    arm: (next) => {
      places = next;
      drop((place, identity) => next.get(place)?.identity === identity);
      for (const [place, { identity }] of next) if (!armed.has(place)) start(place, identity);
      if (armed.size === next.size) isTold = false;
    },
    close: () => drop(() => false),
  };
}
