/**
 * Where a file is, in a way that nobody can change between the look and the act: every folder on the way either
 * cannot be replaced by anybody else, or is held open and named by its descriptor.
 */
import { constants, type Stats } from 'node:fs';
import path from 'node:path';
import { close, fstat, isCode, lstat, open, type Calls } from './calls.ts';
import { isReplaceable, isShared, us, type Us } from './trust.ts';
import { linkIn, UnsafePath } from './unsafe.ts';

export interface Place {
  /** Its path leads to this very folder, whatever becomes of the names on the way to it. */
  readonly folder: string;
  readonly name: string;
  /** Who else may make entries in the folder; null if nobody. */
  readonly shared: { readonly owner: number } | null;
  /** To be closed, with `leave`; null if the folder is none that anybody could replace. */
  readonly fd: number | null;
}

export interface PlaceOptions {
  /** Makes folders that are missing, with this mode. */
  readonly make?: number;
  /** A link as the last part is followed where nobody else can have made it. */
  readonly follow?: boolean;
  readonly who?: Us;
}

interface Folder {
  readonly path: string;
  /** As people know it. */
  readonly shown: string;
  readonly stats: Stats;
  readonly fd: number | null;
}

/** As many as Linux follows. */
const MOST_LINKS = 40;
/** Linux's O_PATH: a folder that may be passed through need not be readable. */
const O_PATH = 0o10000000;
const FLAGS = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const OWN_DESCRIPTOR = /^\/proc\/(self|\d+)\/fd\/\d+$/;

/**
 * @throws UnsafePath where a link might be anybody else's, or a folder cannot be held; what the system says where a
 *   folder is missing or may not be entered.
 */
export function* placeOf(file: string, options: PlaceOptions = {}): Calls<Place> {
  const who = options.who ?? us;
  let at = yield* top(path.parse(path.resolve(file)).root);
  let rest = partsOf(path.resolve(file));
  let links = 0;
  try {
    for (;;) {
      const [name = '', ...further] = rest;
      const isLast = further.length === 0;
      const child = path.join(at.path, name);
      if (isLast && (options.follow !== true || OWN_DESCRIPTOR.test(child))) return placed(at, name, who);
      const stats = yield* entry(child, isLast || options.make === undefined ? null : options.make);
      if (stats?.isSymbolicLink() !== true) {
        if (isLast) return placed(at, name, who);
        at = yield* enter(at, name, stats, who);
        rest = further;
        continue;
      }
      const shown = path.join(at.shown, name);
      if (at.fd !== null || isReplaceable(at.stats, stats, who)) throw linkIn(shown, isLast, at.stats, who);
      links += 1;
      if (links > MOST_LINKS) throw new UnsafePath(`${shown} leads in circles`);
      const target = path.resolve(at.path, (yield ['readlink', child]) as string);
      rest = [...partsOf(target), ...further];
      at = yield* top(path.parse(target).root);
    }
  } catch (error) {
    if (at.fd !== null) yield* close(at.fd);
    throw error;
  }
}

export function* leave({ fd }: Pick<Place, 'fd'>): Calls<void> {
  if (fd !== null) yield* close(fd);
}

function partsOf(absolute: string): string[] {
  return absolute.slice(path.parse(absolute).root.length).split(path.sep);
}

function* top(root: string): Calls<Folder> {
  return { path: root, shown: root, stats: yield* lstat(root), fd: null };
}

function placed({ path: folder, stats, fd }: Folder, name: string, who: Us): Place {
  const shared = fd !== null || isShared(stats, who) ? { owner: stats.uid } : null;
  return { folder, name, shared, fd };
}

/** Null if it is missing and is not to be made. */
function* entry(child: string, mode: number | null): Calls<Stats | null> {
  try {
    return yield* lstat(child);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
    if (mode === null) return null;
  }
  try {
    yield ['mkdir', child, mode];
  } catch (error) {
    // Somebody else has just made it.
    if (!isCode(error, 'EEXIST')) throw error;
  }
  return yield* lstat(child);
}

function* enter(at: Folder, name: string, stats: Stats | null, who: Us): Calls<Folder> {
  const child = path.join(at.path, name);
  const shown = path.join(at.shown, name);
  if (stats === null) throw missing('ENOENT: no such file or directory', shown, 'ENOENT');
  if (!stats.isDirectory()) throw missing('ENOTDIR: not a directory', shown, 'ENOTDIR');
  if (at.fd === null && !isReplaceable(at.stats, stats, who)) return { path: child, shown, stats, fd: null };
  if (process.platform !== 'linux')
    throw new UnsafePath(`${shown} may be replaced by another user while it is used`);
  const fd = yield* held(child, shown, at, who);
  if (at.fd !== null) yield* close(at.fd);
  return { path: `/proc/self/fd/${fd}`, shown, stats: yield* fstat(fd), fd };
}

function* held(child: string, shown: string, at: Folder, who: Us): Calls<number> {
  try {
    return yield* open(child, FLAGS);
  } catch (error) {
    // It was a folder a moment ago.
    if (isCode(error, 'ELOOP', 'ENOTDIR')) throw linkIn(shown, false, at.stats, who);
    throw error;
  }
}

function missing(message: string, shown: string, code: string): Error {
  return Object.assign(new Error(`${message}, '${shown}'`), { code });
}
