/** Where a supervisor's control socket is: found from the ecosystem file, by anyone of the same user. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atOnce } from '../files/calls.ts';
import { leave, placeOf } from '../files/place.ts';
import { UnsafePath } from '../files/unsafe.ts';

/** The folder is not ours alone, so nothing in it can be trusted; the message says what to do. */
export class UnsafeFolder extends Error {}

/**
 * The folder of all control sockets of this user, made with mode 0700 if need be: `CLUSTER_UP_HOME`, else
 * `cluster-up` in `XDG_RUNTIME_DIR`, else one in the system's folder for temporary files that carries the user's id.
 *
 * @throws UnsafeFolder where others could put a socket of theirs there.
 */
export function runtimeFolder(env: NodeJS.ProcessEnv = process.env): string {
  const folder = homeFrom(env) ?? path.join(os.tmpdir(), `cluster-up-${uid()}`);
  makeFolder(folder);
  return folder;
}

/**
 * Makes it with mode 0700 if it is not there.
 *
 * @throws UnsafeFolder where others can enter it
 */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stats = lstatSync(folder);
  if (!stats.isDirectory() || (uid() >= 0 && stats.uid !== uid()) || (stats.mode & 0o077) !== 0) {
    throw new UnsafeFolder(
      `${folder} must be a folder that only you can enter: chmod 700 it, or set CLUSTER_UP_HOME to another`,
    );
  }
  // Whoever swaps it between two commands would have them talk to somebody else. Root's rights are worth that.
  if (uid() === 0 && isReplaceable(folder)) {
    throw new UnsafeFolder(
      `${folder} can be replaced by another user, who may write a folder on the way to it: set CLUSTER_UP_HOME to another`,
    );
  }
}

function isReplaceable(folder: string): boolean {
  try {
    // As a folder on the way to what is in it.
    const place = atOnce(placeOf(path.join(folder, 'socket')));
    atOnce(leave(place));
    return place.fd !== null;
  } catch (error) {
    if (error instanceof UnsafePath) return true;
    throw error;
  }
}

/**
 * The name under which everything about `file` is kept. A file is known by the path that was given, made absolute, with
 * no symbolic link on the way resolved: `current/ecosystem.yml` stays the same one when `current` leads elsewhere.
 */
export function nameFor(file: string): string {
  return createHash('sha256').update(path.resolve(file)).digest('hex').slice(0, 16);
}

export function socketPath(folder: string, file: string): string {
  return path.join(folder, `${nameFor(file)}.sock`);
}

/** Where the workers of `file` wait if their supervisor dies: this, a dot and their process id. */
export function doorPath(folder: string, file: string): string {
  return path.join(folder, nameFor(file));
}

/** Of this process; it need not have a name. */
function uid(): number {
  return process.getuid?.() ?? -1;
}

function homeFrom(env: NodeJS.ProcessEnv): string | null {
  if (env['CLUSTER_UP_HOME']) return path.resolve(env['CLUSTER_UP_HOME']);
  return env['XDG_RUNTIME_DIR'] ? path.resolve(env['XDG_RUNTIME_DIR'], 'cluster-up') : null;
}
