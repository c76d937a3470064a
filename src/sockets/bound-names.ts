/** What the kernel tells of the unix sockets that are bound to files, in /proc/net/unix. Pure. */
import path from 'node:path';

/** A stream socket with a name that is not connected: whoever connects to that name may be meant for it. */
export interface BoundName {
  /** Of the socket, not of its file. */
  readonly inode: string;
  /** As it was given to bind(). */
  readonly name: string;
  readonly isListening: boolean;
}

/** Flags, type, state, inode and path; proc(5). The connections of a server have its name, and state 03. */
const LINE = /^[\da-f]+: \S+ \S+ ([\da-f]+) 0001 01 +(\d+) (.+)$/i;
const ACCEPTS = 0x10000;

export function boundNames(table: string): BoundName[] {
  return table.split('\n').flatMap((line) => {
    const [, flags = '', inode = '', name] = LINE.exec(line) ?? [];
    return name === undefined ? [] : [{ inode, name, isListening: (parseInt(flags, 16) & ACCEPTS) !== 0 }];
  });
}

/**
 * Whether a socket is bound to the file of this name; null if that cannot be told. Only its name is known: a path that
 * led there when it was bound, seen from the folder and the root that its process had.
 *
 * @param isFolder whether a folder, by its absolute path, is the file's own; null if that cannot be told
 */
export function isBoundTo(
  file: string,
  { name }: BoundName,
  isFolder: (folder: string) => boolean | null,
): boolean | null {
  if (path.basename(name) !== file) return false;
  const folder = path.dirname(name);
  return path.isAbsolute(folder) && !folder.startsWith('/proc/') ? isFolder(folder) : null;
}
