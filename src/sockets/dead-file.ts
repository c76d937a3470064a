/**
 * The file of a unix socket stays when the process that bound it is killed, and is in the way of the next one. It is
 * removed here, where nobody is bound to it any more: a connection is refused, and the kernel knows of no socket that
 * is bound there and does not listen yet. Whatever cannot be told is left alone.
 */
import { readFileSync, statSync, type Stats } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { atOnce, isCode, lstat, type Calls } from '../files/calls.ts';
import { leave, placeOf, type Place } from '../files/place.ts';
import { us } from '../files/trust.ts';
import { kindOf, UnsafePath } from '../files/unsafe.ts';
import type { ProcessUser } from '../model/user.ts';
import { boundNames, isBoundTo, type BoundName } from './bound-names.ts';
import { withReserve } from '../files/reserve.ts';
import { isSameFile } from './socket-file.ts';

/** What is asked of the system; a test may do something else in between. */
export interface Kernel {
  /** Of /proc/net/unix. */
  readonly table: () => string;
  /** The code of the error; null if somebody listens there. */
  readonly connect: (file: string) => Promise<string | null>;
}

export const KERNEL: Kernel = {
  table: () => withReserve(() => readFileSync('/proc/net/unix', 'latin1')),
  connect,
};

const STICKY = 0o1000;
const UNKNOWN = 'whether a process has it open cannot be told: if none has, delete the file';
const IN_USE = 'another process has it open';

/**
 * @param user as whom the worker runs that wants to have it; null for the supervisor's own
 * @returns why the file is there still, in one clause; null if it is not
 */
export async function removeDead(
  address: string,
  user: ProcessUser | null,
  kernel: Kernel = KERNEL,
): Promise<string | null> {
  if (process.platform !== 'linux' || path.basename(address).includes('\n')) return UNKNOWN;
  try {
    const place = atOnce(placeOf(address));
    try {
      return await removeAt(place, user, kernel);
    } finally {
      atOnce(leave(place));
    }
  } catch (error) {
    if (error instanceof UnsafePath) return error.message;
    return isCode(error, 'ENOENT') ? null : UNKNOWN;
  }
}

async function removeAt(place: Place, user: ProcessUser | null, kernel: Kernel): Promise<string | null> {
  const file = path.join(place.folder, place.name);
  const before = atOnce(lstat(file));
  if (!before.isSocket()) return `it is ${kindOf(before) ?? 'a regular file'}`;
  if (!mayRemove(before, statSync(place.folder), user)) return `it is a socket of user ${before.uid}`;
  const others = boundNames(kernel.table()).filter(({ isListening }) => isListening);
  // Whoever is known to listen there need not be disturbed.
  if (others.some((other) => isAt(place, other) === true)) return IN_USE;
  const refusal = await kernel.connect(file);
  if (refusal !== 'ECONNREFUSED') return refusal === null || refusal === 'EAGAIN' ? IN_USE : UNKNOWN;
  // Those have not been asked. From here on, all happens in one turn of the event loop.
  const known = new Set(others.map(({ inode }) => inode));
  const bound = boundNames(kernel.table()).filter(({ inode }) => !known.has(inode));
  if (bound.some((other) => isAt(place, other) !== false)) return IN_USE;
  return atOnce(removeSame(file, before)) ? null : IN_USE;
}

/** False if something else has its name by now. */
function* removeSame(file: string, before: Stats): Calls<boolean> {
  const now = yield* lstat(file);
  // The inode of a file that nobody has open is used again.
  if (!isSameFile(before, now) || before.ctimeMs !== now.ctimeMs) return false;
  yield ['unlink', file];
  return true;
}

/** Null if that cannot be told. */
function isAt({ folder, name }: Place, bound: BoundName): boolean | null {
  return isBoundTo(Buffer.from(name).toString('latin1'), bound, (other) => {
    try {
      return isSameFile(statSync(folder), statSync(Buffer.from(other, 'latin1')));
    } catch {
      // It is not to be seen from here.
      return null;
    }
  });
}

/** As the user could: in a folder with the sticky bit, only what is its own. What is ours was made for such a worker. */
function mayRemove(file: Stats, folder: Stats, user: ProcessUser | null): boolean {
  const own = user?.uid ?? us.uid;
  return (
    own === 0 || (folder.mode & STICKY) === 0 || [file.uid, folder.uid].includes(own) || file.uid === us.uid
  );
}

function connect(file: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = net.connect(file);
    socket.on('connect', () => {
      socket.destroy();
      resolve(null);
    });
    socket.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? ''));
  });
}
