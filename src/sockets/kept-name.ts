/**
 * The name of a unix socket for as long as it is held. Nearly every app removes an old file before it listens, and has
 * one that is in use removed so: nobody finds the socket any more, though it is open. A second name, beside the first,
 * leads to the same socket: from it the first is made again, as soon as it is missing.
 *
 * The agent knows the second name too (`src/agent/held-names.cts`): a worker's own removing is answered there without
 * being done, so that there is no moment without a file. What others remove is noticed here.
 */
import { linkSync, lstatSync, unlinkSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';

export interface KeptName {
  /** Makes the file again if it is missing; whatever else has its name by now stays. */
  readonly restore: () => void;
  readonly release: () => void;
}

/** Where there is no second name to make it from. */
const NONE: KeptName = { restore: () => {}, release: () => {} };

/** What no event has told of is seen then. */
const LOOK = 2000;

/** @param file a path that leads to its folder for as long as the name is kept */
export function keepName(file: string): KeptName {
  const second = secondName(file);
  if (process.platform === 'win32' || !haveSecond(file, second)) return NONE;
  const inode = lstatSync(second).ino;
  const restore = (): void => void attempt(() => linkSync(second, file));
  const watcher = watchFor(file, restore);
  const timer = setInterval(restore, LOOK).unref();
  const release = (): void => {
    watcher?.close();
    clearInterval(timer);
    attempt(() => {
      if (lstatSync(second).ino === inode) unlinkSync(second);
    });
  };
  return { restore, release };
}

/** Where the agent looks for it as well. */
function secondName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.held`);
}

/** False where the folder, or its file system, has none to give. */
function haveSecond(file: string, second: string): boolean {
  const there = lstatSync(second, { throwIfNoEntry: false });
  const own = lstatSync(file, { throwIfNoEntry: false });
  // Taken over while its first name was missing.
  if (own === undefined) return there?.isSocket() === true && attempt(() => linkSync(second, file));
  if (there?.ino === own.ino) return true;
  // Left by a supervisor that was killed.
  if (there?.isSocket() === true) attempt(() => unlinkSync(second));
  return attempt(() => linkSync(file, second));
}

function watchFor(file: string, again: () => void): FSWatcher | null {
  try {
    const watcher = watch(path.dirname(file), { persistent: false }, (event, name) => {
      if (event === 'rename' && name === path.basename(file)) again();
    });
    // Without events, it is looked for now and then.
    return watcher.on('error', () => watcher.close());
  } catch {
    return null;
  }
}

function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
