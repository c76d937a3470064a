/** What a supervisor keeps in the state folder is looked after for as long as it runs. */
import { utimesSync } from 'node:fs';
import path from 'node:path';
import type { PidFile } from './pid-file.ts';

/** How soon a list that was taken away, or could not be written, is written again, in ms: nobody tells of either. */
const CHECK = 1000;
/** Cleaners of temporary files take what has not been used for days; in ms. */
const TOUCH = 3_600_000;

/** Until the returned function is called. */
export function keepStateFiles(socket: string, lists: readonly PidFile[]): () => void {
  const check = setInterval(() => lists.forEach((list) => list.check()), CHECK).unref();
  const touch = setInterval(() => {
    for (const list of lists) list.touch();
    for (const used of [path.dirname(socket), socket]) touched(used);
  }, TOUCH).unref();
  return () => {
    clearInterval(check);
    clearInterval(touch);
  };
}

function touched(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // One that is missing is made anew by whoever needs it.
  }
}
