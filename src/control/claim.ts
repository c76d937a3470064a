/** One supervisor per ecosystem file: whoever has the control socket is it. */
import { mkdirSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type Client } from './client.ts';
import { serve, type ControlServer, type Handlers } from './server.ts';

/** A claim takes milliseconds; one that is older than this, in ms, was left behind by a process that died. */
const STALE_CLAIM = 5000;

export type Claim =
  | { readonly server: ControlServer; readonly other: null }
  | { readonly server: null; readonly other: Client };

/**
 * Serves on `path`, or connects to the supervisor that already does. The socket of a supervisor that died is
 * cleaned up; of two that start at once, one serves and the other connects.
 */
export async function claim(
  path: string,
  handlers: Handlers,
  failed: (error: unknown) => void,
): Promise<Claim> {
  const release = await enter(`${path}.claim`);
  try {
    const other = await connect(path);
    if (other !== null) return { server: null, other };
    removeSocket(path);
    return { server: await serve(path, handlers, failed), other: null };
  } finally {
    release();
  }
}

/** Making a folder is atomic, so only one process at a time is between here and its removal. */
async function enter(folder: string): Promise<() => void> {
  for (;;) {
    try {
      mkdirSync(folder, { mode: 0o700 });
      return () => rmdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isStale(folder)) remove(folder);
    else await delay(20);
  }
}

function isStale(folder: string): boolean {
  try {
    return Date.now() - statSync(folder).mtimeMs > STALE_CLAIM;
  } catch {
    return false; // It has gone meanwhile.
  }
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody else was faster.
  }
}

function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
