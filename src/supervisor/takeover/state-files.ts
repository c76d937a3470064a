/** What a supervisor keeps in the state folder is looked after for as long as it runs. */
import { utimesSync } from 'node:fs';
import path from 'node:path';

/** How soon a file that was taken away, or could not be written, is written again, in ms: nobody tells of either. */
const CHECK = 1000;
/** Cleaners of temporary files take what has not been used for days; in ms. */
const TOUCH = 3_600_000;

export interface Kept {
  /** Writes it anew where it is not as it was written, or could not be. */
  readonly check: () => void;
  readonly touch: () => void;
}

/** Until the returned function is called. */
export function keepStateFiles(socket: string, files: readonly Kept[]): () => void {
  const check = setInterval(() => files.forEach((file) => file.check()), CHECK).unref();
  const touch = setInterval(() => {
    for (const file of files) file.touch();
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
