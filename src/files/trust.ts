/** Whom the entries of a folder can be trusted from. Pure. */
import type { Stats } from 'node:fs';

/** As whom this process acts; -1 where the system knows no such users. */
export interface Us {
  readonly uid: number;
  readonly gid: number;
}

export type Owned = Pick<Stats, 'uid' | 'gid' | 'mode'>;

const [STICKY, BY_GROUP, BY_OTHERS] = [0o1000, 0o020, 0o002];

export const us: Us = { uid: process.geteuid?.() ?? -1, gid: process.getegid?.() ?? -1 };

/** Root can do all that we can. */
export function isTrusted(uid: number, { uid: own }: Us): boolean {
  return own === -1 || uid === 0 || uid === own;
}

/** Whether anybody else may make entries in the folder. */
export function isShared(folder: Owned, who: Us): boolean {
  if (who.uid === -1) return false;
  if (!isTrusted(folder.uid, who)) return true;
  return (folder.mode & BY_OTHERS) !== 0 || ((folder.mode & BY_GROUP) !== 0 && !isOwnGroup(folder.gid, who));
}

/**
 * Whether anybody else may put something in the place of the entry. In a folder with the sticky bit, such as /tmp, only
 * its owner and the entry's may.
 */
export function isReplaceable(folder: Owned, entry: Owned | null, who: Us): boolean {
  if (!isShared(folder, who)) return false;
  const isSticky = (folder.mode & STICKY) !== 0 && isTrusted(folder.uid, who);
  return !(isSticky && entry !== null && isTrusted(entry.uid, who));
}

/** Where a user has a group of the same number, nobody else is in it: so `umask 002` is harmless there. */
function isOwnGroup(gid: number, who: Us): boolean {
  return who.uid > 0 && gid === who.gid && gid === who.uid;
}
