/** The file system as log files need it: what others may write beside them is never followed, nor waited for. */
import fs, { constants, createReadStream, createWriteStream, type Stats } from 'node:fs';
import { opendir, readlink, rename } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { atOnce, close, inTurns, isCode, lstat, type Calls } from '../files/calls.ts';
import { createAt, openAt, openOrCreateAt, type Opened } from '../files/open.ts';
import { leave, placeOf, type Place, type PlaceOptions } from '../files/place.ts';
import { us, type Us } from '../files/trust.ts';
import { kindOf, UnsafePath } from '../files/unsafe.ts';

export interface Facts {
  readonly size: number;
  /** When it was created, as ms since the epoch. */
  readonly born: number;
  /** Tells it from another file that has taken its name. */
  readonly inode: number;
  /** Neither a device nor a pipe: it can be rotated. */
  readonly regular: boolean;
}

export interface OpenFile extends Facts {
  /** Resolves with how many bytes were taken, which may be fewer. */
  readonly write: (bytes: Buffer) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Failures reject with an error that has a `code`, or whose message is one clause. */
export interface Disk {
  /** Opens to append, and creates the file and its folders where they are missing. */
  readonly open: (file: string) => Promise<OpenFile>;
  /** Null where there is none. */
  readonly facts: (file: string) => Promise<Facts | null>;
  /** Where the name leads, by links that may be followed: what is rotated. */
  readonly target: (file: string) => Promise<string>;
  /** Whether it is there and no regular file of its own: a device, a pipe, or a descriptor of this process. */
  readonly isSpecial: (file: string) => boolean;
  /** Names in the folder of the file that begin with its own; of very many, some. */
  readonly namesLike: (file: string) => Promise<readonly string[]>;
  /** Gives the file another name in its folder. */
  readonly rename: (from: string, to: string) => Promise<void>;
  /** One that is missing is no failure. */
  readonly remove: (file: string) => Promise<void>;
  /** Writes `to`, which is not there yet, as the gzip of `from`; rejects once the signal aborts. */
  readonly gzip: (from: string, to: string, signal: AbortSignal) => Promise<void>;
}

/** Less what the umask takes away: logs may hold what is nobody else's business. */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;
const APPEND = constants.O_WRONLY | constants.O_APPEND;
const OWN_DESCRIPTORS = new RegExp(`^/proc/(self|${process.pid})/fd$`);
/** As many rotated files are looked at, so that a folder full of names costs no more. */
const MOST_NAMES = 10_000;

/** @param who as whom this process acts; others than that, and root, are not trusted. */
export function diskOf(who: Us): Disk {
  const at = <T>(file: string, options: PlaceOptions, use: (place: Place) => Promise<T>): Promise<T> =>
    inPlace(file, { ...options, who }, use);
  return {
    open: (file) => at(file, { make: FOLDER_MODE, follow: true }, (place) => openToAppend(place, who)),
    target: (file) =>
      at(file, { follow: true }, async ({ folder, name, fd }) =>
        path.join(fd === null ? folder : await readlink(folder), name),
      ),
    isSpecial: (file) => isSpecial(file, who),
    facts: (file) =>
      at(file, { follow: true }, async (place) => factsOf(await inTurns(statsAt(place)))).catch(
        ifMissing(null),
      ),
    namesLike: (file) => at(file, {}, namesLike),
    rename: (from, to) =>
      at(from, {}, ({ folder, name }) =>
        rename(path.join(folder, name), path.join(folder, path.basename(to))),
      ),
    remove: (file) =>
      at(file, {}, ({ folder, name }) => inTurns(unlink(path.join(folder, name)))).catch(
        ifMissing(undefined),
      ),
    gzip: (from, to, signal) =>
      at(from, {}, async (place) => {
        const source = await inTurns(openAt(place, constants.O_RDONLY, who));
        const target = await inTurns(beside(source, place, path.basename(to)));
        await compress(source, target, signal);
      }),
  };
}

export const disk: Disk = diskOf(us);

async function inPlace<T>(
  file: string,
  options: PlaceOptions,
  use: (place: Place) => Promise<T>,
): Promise<T> {
  const place = await inTurns(placeOf(file, options));
  try {
    return await use(place);
  } finally {
    await inTurns(leave(place));
  }
}

async function openToAppend(place: Place, who: Us): Promise<OpenFile> {
  const own = ownDescriptor(place);
  try {
    const opened = openFile(await inTurns(openOrCreateAt(place, APPEND, FILE_MODE, who)));
    return own === null ? opened : { ...opened, regular: false };
  } catch (error) {
    // A socket, as services have it for a journal, cannot be opened again by its name.
    if (own === null || !isCode(error, 'ENXIO')) throw error;
    return { ...openFile({ fd: own, stats: fs.fstatSync(own) }), close: () => Promise.resolve() };
  }
}

function openFile({ fd, stats }: Opened): OpenFile {
  return {
    ...factsOf(stats),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        fs.write(fd, bytes, (error, written) => (error === null ? resolve(written) : reject(error)));
      }),
    close: () => inTurns(close(fd)),
  };
}

/** Links lead on only where nobody else can have made them: those that are left have been followed, or are devices. */
function* statsAt({ folder, name, shared }: Place): Calls<Stats> {
  const file = path.join(folder, name);
  return shared === null ? ((yield ['stat', file]) as Stats) : yield* lstat(file);
}

function isSpecial(file: string, who: Us): boolean {
  try {
    const place = atOnce(placeOf(file, { follow: true, who }));
    try {
      if (ownDescriptor(place) !== null) return true;
      const stats = atOnce(statsAt(place));
      return !stats.isFile() && !stats.isDirectory();
    } finally {
      atOnce(leave(place));
    }
  } catch {
    // It is missing, or not to be opened: that is said where it is.
    return false;
  }
}

/** `/dev/stdout` and the like; null for anything else. */
function ownDescriptor({ folder, name }: Pick<Place, 'folder' | 'name'>): number | null {
  return OWN_DESCRIPTORS.test(folder) && /^\d+$/.test(name) ? Number(name) : null;
}

async function namesLike({ folder, name }: Place): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const entry of await opendir(folder, { bufferSize: 256 })) {
    if (entry.name.startsWith(name)) found.push(entry.name);
    if (found.length === MOST_NAMES) break;
  }
  return found;
}

function* unlink(file: string): Calls<void> {
  yield ['unlink', file];
}

/** Made anew beside the source, which is closed where that fails. */
function* beside(source: Opened, place: Place, name: string): Calls<Opened> {
  try {
    const kind = kindOf(source.stats);
    if (kind !== null) throw new UnsafePath(`it is ${kind}`);
    return yield* createAt({ ...place, name }, constants.O_WRONLY, FILE_MODE);
  } catch (error) {
    yield* close(source.fd);
    throw error;
  }
}

/** No more than there was at the beginning, however fast it grows. */
async function compress(source: Opened, target: Opened, signal: AbortSignal): Promise<void> {
  const end = Math.max(source.stats.size - 1, 0);
  const input = createReadStream('', { fd: source.fd, end });
  await pipeline(input, createGzip(), createWriteStream('', { fd: target.fd }), { signal });
}

function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (isCode(error, 'ENOENT')) return value;
    throw error;
  };
}

function factsOf(stats: Stats): Facts {
  return { size: stats.size, born: stats.birthtimeMs, inode: stats.ino, regular: stats.isFile() };
}
