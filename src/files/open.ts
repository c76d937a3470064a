/** Opening files in a folder where others may write: what is not plainly ours, or the folder's owner's, is refused. */
import { constants, type Stats } from 'node:fs';
import path from 'node:path';
import { close, fstat, isCode, lstat, open, type Calls } from './calls.ts';
import type { Place } from './place.ts';
import { isTrusted, us, type Us } from './trust.ts';
import { kindOf, linkIn, others, UnsafePath } from './unsafe.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
/** Neither a pipe without a reader nor a terminal gets hold of this process. */
const NEVER_WAIT = O_NONBLOCK | O_NOCTTY;

export interface Opened {
  readonly fd: number;
  readonly stats: Stats;
}

/**
 * Opens what is there.
 *
 * @throws UnsafePath; what the system says otherwise.
 */
export function* openAt(place: Place, flags: number, who: Us = us): Calls<Opened> {
  const file = path.join(place.folder, place.name);
  if (place.shared === null) return yield* opened(yield* open(file, flags | NEVER_WAIT));
  const { owner } = place.shared;
  let fd: number;
  try {
    fd = yield* open(file, flags | NEVER_WAIT | O_NOFOLLOW);
  } catch (error) {
    if (isCode(error, 'ELOOP')) throw linkIn(place.name, true, { uid: owner }, who);
    if (isCode(error, 'ENXIO')) throw special('a named pipe or a socket', owner, who);
    throw error;
  }
  return yield* opened(fd, file, (stats, named) => refusal(stats, named, owner, who));
}

/** Makes it; fails with EEXIST if anything has the name. */
export function* createAt(place: Place, flags: number, mode: number): Calls<Opened> {
  const file = path.join(place.folder, place.name);
  return yield* opened(yield* open(file, flags | NEVER_WAIT | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
}

/** Opens it, and makes it where it is missing. */
export function* openOrCreateAt(place: Place, flags: number, mode: number, who: Us = us): Calls<Opened> {
  if (place.shared === null) {
    const file = path.join(place.folder, place.name);
    return yield* opened(yield* open(file, flags | NEVER_WAIT | O_CREAT, mode));
  }
  try {
    return yield* openAt(place, flags, who);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  return yield* createAt(place, flags, mode);
}

type Judge = (stats: Stats, named: Stats) => UnsafePath | null;

/** @param file its name, which is looked at once more: with one name alone that must be it. */
function* opened(fd: number, file?: string, judge?: Judge): Calls<Opened> {
  try {
    const stats = yield* fstat(fd);
    const problem = file === undefined ? null : (judge?.(stats, yield* lstat(file)) ?? null);
    if (problem !== null) throw problem;
    return { fd, stats };
  } catch (error) {
    yield* close(fd);
    throw error;
  }
}

function refusal(stats: Stats, named: Stats, owner: number, who: Us): UnsafePath | null {
  const kind = kindOf(stats);
  if (kind !== null) return special(kind, owner, who);
  if (!isTrusted(stats.uid, who) && stats.uid !== owner)
    return new UnsafePath(
      `it belongs to user ${stats.uid}, in a folder that ${others({ uid: owner }, who)} may write`,
    );
  if (named.ino !== stats.ino || named.dev !== stats.dev)
    return new UnsafePath('another file has taken its place while it was opened');
  if (named.nlink !== 1 || stats.nlink !== 1)
    return new UnsafePath(
      `it has another name elsewhere (a hard link), and ${others({ uid: owner }, who)} may write its folder`,
    );
  return null;
}

function special(kind: string, owner: number, who: Us): UnsafePath {
  return new UnsafePath(
    `it is ${kind}, in a folder that ${others({ uid: owner }, who)} may write, where only regular files are used`,
  );
}
