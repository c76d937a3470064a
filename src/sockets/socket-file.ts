/**
 * The files of unix sockets. The supervisor makes and removes them for its workers, who may be of another user: it does
 * so only where that user could, and in the very folder that was meant, whatever becomes of the names on the way to it.
 */
import { randomUUID } from 'node:crypto';
import { lstatSync, renameSync, statSync, unlinkSync, type Stats } from 'node:fs';
import path from 'node:path';
import { atOnce } from '../files/calls.ts';
import { leave, placeOf } from '../files/place.ts';
import { UnsafePath } from '../files/unsafe.ts';
import type { ProcessUser } from '../model/user.ts';

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

/** What has this name now; null where nothing has, or it cannot be told. Of a socket that is open it goes on being so. */
export function fileAt(address: string): Stats | null {
  return withPlace(address, (file) => lstatSync(file));
}

/** Removes the file of a socket; anything else that has its name by now stays. */
export function removeSocket(address: string, own: Stats): void {
  withPlace(address, (file) => {
    if (isSameFile(lstatSync(file), own)) unlinkSync(file);
  });
}

/**
 * How to close what has just been bound there. libuv removes the file by its name as it closes; what somebody else has
 * put there since is kept.
 */
export function closerOf({ path: file, release }: SocketFile, close: () => void): () => void {
  const own = lstatSync(file, { throwIfNoEntry: false });
  return () => {
    const now = lstatSync(file, { throwIfNoEntry: false });
    if (own === undefined || now === undefined || isSameFile(now, own)) close();
    else withAside(file, close);
    release();
  };
}

function withAside(file: string, act: () => void): void {
  const aside = `${file}.${randomUUID()}`;
  renameSync(file, aside);
  act();
  renameSync(aside, file);
}

/** Of those that are there at the same time, and of what somebody holds open. */
export function isSameFile(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** Null where that cannot be done. */
function withPlace<T>(address: string, act: (file: string) => T): T | null {
  try {
    const place = atOnce(placeOf(address));
    try {
      return act(path.join(place.folder, place.name));
    } finally {
      atOnce(leave(place));
    }
  } catch {
    return null;
  }
}

function mayWrite({ uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>, user: ProcessUser): boolean {
  const own = user.uid ?? 0;
  if (own === 0) return true;
  const needed = uid === own ? BY_OWNER : gid === user.gid ? BY_GROUP : BY_OTHERS;
  return (mode & needed) === needed;
}
