/**
 * The files of unix sockets. The supervisor makes and removes them for its workers, who may be of another user: it does
 * so only where that user could, and in the very folder that was meant, whatever becomes of the names on the way to it.
 */
import { statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { atOnce, lstat, type Calls } from '../files/calls.ts';
import { leave, placeOf, type Place } from '../files/place.ts';
import { UnsafePath } from '../files/unsafe.ts';
import type { ProcessUser } from '../model/spec.ts';

/** Where a socket is bound; to be released once it is closed, which removes its file. */
export interface SocketFile {
  readonly path: string;
  readonly release: () => void;
}

const [BY_OWNER, BY_GROUP, BY_OTHERS] = [0o300, 0o030, 0o003];

/** @throws UnsafePath; what the system says where there is no such folder. */
export function socketFile(address: string): SocketFile {
  if (process.platform === 'win32') return { path: address, release: () => {} };
  const place = atOnce(placeOf(address));
  // Where nobody can replace a folder on the way, everybody may see the name as it was given.
  const known = place.fd === null ? address : path.join(place.folder, place.name);
  return { path: known, release: () => atOnce(leave(place)) };
}

/**
 * Why a worker may not have a socket there, in one clause; null if it may.
 *
 * @param user as whom it runs; null for the supervisor's own
 */
export function whyNoSocket(address: string, user: ProcessUser | null): string | null {
  if (process.platform === 'win32') return null;
  if (!path.isAbsolute(address) || address.includes('\0')) return 'its path is not absolute';
  try {
    const place = atOnce(placeOf(address));
    try {
      return user === null || mayWrite(statSync(place.folder), user)
        ? null
        : `user ${user.uid ?? 0} may not write its folder`;
    } finally {
      atOnce(leave(place));
    }
  } catch (error) {
    // What else is wrong with it, bind() says.
    return error instanceof UnsafePath ? error.message : null;
  }
}

/** Removes the file of a socket; anything else that has its name stays. */
export function removeSocket(address: string): void {
  try {
    const place = atOnce(placeOf(address));
    atOnce(removeAt(place));
  } catch {
    // It has gone, or is not ours to remove.
  }
}

function* removeAt(place: Place): Calls<void> {
  const file = path.join(place.folder, place.name);
  try {
    if ((yield* lstat(file)).isSocket()) yield ['unlink', file];
  } finally {
    yield* leave(place);
  }
}

function mayWrite({ uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>, user: ProcessUser): boolean {
  const own = user.uid ?? 0;
  if (own === 0) return true;
  const needed = uid === own ? BY_OWNER : gid === user.gid ? BY_GROUP : BY_OTHERS;
  return (mode & needed) === needed;
}
