/** Why something in a folder that others may write is left alone. */
import { isTrusted, type Owned, type Us } from './trust.ts';

/** What the path leads to may be anybody's; the message is one sentence that says why. */
export class UnsafePath extends Error {}

/** @param isLast it is the file itself, not a folder on the way. */
export function linkIn(shown: string, isLast: boolean, folder: Pick<Owned, 'uid'>, who: Us): UnsafePath {
  const what = isLast ? 'it is a symbolic link' : `${shown} is a symbolic link`;
  return new UnsafePath(`${what} in a folder that ${others(folder, who)} may write, where none is followed`);
}

/** Who may write in a folder besides us. */
export function others(folder: Pick<Owned, 'uid'>, who: Us): string {
  return isTrusted(folder.uid, who) ? 'others' : `user ${folder.uid}`;
}

/** What a file is that is no regular one; null if it is. */
export function kindOf(stats: Kinds): string | null {
  if (stats.isFile()) return null;
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return stats.isSymbolicLink() ? 'a symbolic link' : 'a device';
}

export type Kinds = Readonly<
  Record<'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket' | 'isSymbolicLink', () => boolean>
>;
