/** The file system as log files need it. */
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

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

/** Failures reject with an error that has a `code`. */
export interface Disk {
  /** Opens to append, and creates the file and its folders where they are missing. */
  readonly open: (file: string) => Promise<OpenFile>;
  /** Null where there is none. */
  readonly facts: (file: string) => Promise<Facts | null>;
  readonly names: (folder: string) => Promise<readonly string[]>;
  readonly rename: (from: string, to: string) => Promise<void>;
  /** One that is missing is no failure. */
  readonly remove: (file: string) => Promise<void>;
  /** Writes `to` as the gzip of `from`. */
  readonly gzip: (from: string, to: string) => Promise<void>;
}

/** Less what the umask takes away: logs may hold what is nobody else's business. */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

// Without O_NONBLOCK, a named pipe that nobody reads would hold up a thread for good.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

export const disk: Disk = {
  open: async (file) => {
    const handle = await open(file, FLAGS, FILE_MODE).catch(async (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(path.dirname(file), { recursive: true, mode: FOLDER_MODE });
      return open(file, FLAGS, FILE_MODE);
    });
    return opened(handle);
  },
  facts: async (file) => {
    try {
      return factsOf(await stat(file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  },
  names: (folder) => readdir(folder),
  rename,
  remove: (file) => rm(file, { force: true }),
  gzip: (from, to) =>
    pipeline(createReadStream(from), createGzip(), createWriteStream(to, { mode: FILE_MODE })),
};

async function opened(handle: FileHandle): Promise<OpenFile> {
  try {
    return {
      ...factsOf(await handle.stat()),
      write: async (bytes) => (await handle.write(bytes)).bytesWritten,
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

type Stats = Awaited<ReturnType<typeof stat>>;

function factsOf(stats: Stats): Facts {
  return {
    size: Number(stats.size),
    born: Number(stats.birthtimeMs),
    inode: Number(stats.ino),
    regular: stats.isFile(),
  };
}
