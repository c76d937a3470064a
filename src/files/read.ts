/** Reading a file that anybody may have put there: a regular one, so much of it, and without ever waiting for it. */
import { constants } from 'node:fs';
import { close, fstat, isCode, open, type Calls } from './calls.ts';
import { kindOf } from './unsafe.ts';

/** The file is none that is read; the message is one clause. */
export class Unreadable extends Error {
  readonly code: 'EISDIR' | 'ESPECIAL' | 'EFBIG';

  constructor(code: Unreadable['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
// A pipe without a writer is opened at once, and found to be none that is read.
const FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY;

/**
 * The whole file.
 *
 * @param limit in bytes
 * @throws Unreadable; what the system says where it may not be opened.
 */
export function* readBounded(file: string, limit: number): Calls<Uint8Array> {
  const fd = yield* open(file, FLAGS);
  try {
    const stats = yield* fstat(fd);
    const kind = kindOf(stats);
    if (kind !== null) throw notRegular(kind);
    if (stats.size > limit) throw tooLarge(limit);
    // One more than there is, to see the end; files of /proc say that they have none.
    const bytes = yield* fill(fd, new Uint8Array(stats.size === 0 ? limit + 1 : stats.size + 1));
    if (bytes.length > limit) throw tooLarge(limit);
    return bytes;
  } finally {
    yield* close(fd);
  }
}

/** The first bytes of a file. */
export function* readHead(file: string, length: number): Calls<Uint8Array> {
  const fd = yield* open(file, FLAGS);
  try {
    const kind = kindOf(yield* fstat(fd));
    if (kind !== null) throw notRegular(kind);
    return yield* fill(fd, new Uint8Array(length));
  } finally {
    yield* close(fd);
  }
}

/**
 * A regular file that has just been looked at, with as few calls as there can be: for those who read thousands.
 *
 * @param size that it had then, in bytes; one that is longer by now is cut
 */
export function* readLooked(file: string, size: number): Calls<Uint8Array> {
  const fd = yield* open(file, FLAGS);
  try {
    return size === 0 ? new Uint8Array() : yield* fill(fd, new Uint8Array(size));
  } finally {
    yield* close(fd);
  }
}

/** Why a file could not be read, in one clause. */
export function whyUnreadable(error: unknown): string {
  if (error instanceof Unreadable) return error.message;
  if (isCode(error, 'ENOENT', 'ENOTDIR')) return 'it does not exist';
  if (isCode(error, 'EACCES', 'EPERM')) return 'there is no permission to read it';
  if (isCode(error, 'ELOOP')) return 'its symbolic links lead in circles';
  if (isCode(error, 'ENXIO')) return notRegular('a socket').message;
  return (error as Error).message;
}

function* fill(fd: number, buffer: Uint8Array): Calls<Uint8Array> {
  let length = 0;
  while (length < buffer.length) {
    const count = (yield ['read', fd, buffer, length, buffer.length - length, null]) as number;
    if (count === 0) break;
    length += count;
  }
  return buffer.subarray(0, length);
}

function notRegular(kind: string): Unreadable {
  return new Unreadable(
    kind === 'a folder' ? 'EISDIR' : 'ESPECIAL',
    `it is ${kind}, and only regular files are read`,
  );
}

function tooLarge(limit: number): Unreadable {
  return new Unreadable('EFBIG', `it is larger than ${limit / 2 ** 20} MiB`);
}
