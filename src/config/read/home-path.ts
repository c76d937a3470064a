/** Paths as the file writes them. */
import { join, resolve } from 'node:path';
import type { LoadOptions } from './options.ts';

/** A path begins at the user's home where it is written as in a shell, as PM2 has it for `cwd` and log files. */
const FROM_HOME = /^~(?=$|\/)/;

export const isFromHome = (written: string): boolean => FROM_HOME.test(written);

/** Absolute; relative to `folder` where it is relative. Without a home, `~` is a name like any other. */
export function absolute(folder: string, written: string, { processEnv }: LoadOptions): string {
  const home = processEnv['HOME'] ?? '';
  return isFromHome(written) && home !== '' ? join(home, written.slice(1)) : resolve(folder, written);
}
