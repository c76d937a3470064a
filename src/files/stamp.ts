/**
 * What tells a file from another one that has taken its place, or from itself after it was changed, without reading it.
 */
import { type BigIntStats, fstatSync, statSync } from 'node:fs';
import { isCode } from './calls.ts';
import { orElse } from './proc-fs.ts';

/** Inodes are used again; the time of birth tells a folder from the one before it. */
export function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

/** The time of change sees what keeps size and `mtime`. */
export function stampOf(stats: BigIntStats): string {
  const { size, mtimeNs, ctimeNs } = stats;
  return `${identityOf(stats)} ${size} ${mtimeNs} ${ctimeNs}`;
}

/** Who the regular file is that is open; null where it is none. */
export function identityOfOpen(fd: number): string | null {
  const stats = orElse(null, () => fstatSync(fd, { bigint: true }));
  return stats?.isFile() === true ? identityOf(stats) : null;
}

/** Who the file is that has the stamp. */
export function identityIn(stamp: string): string {
  return stamp.slice(0, stamp.indexOf(' '));
}

/** In bytes, of the file that has the stamp. */
export function sizeOf(stamp: string): number {
  return Number(stamp.split(' ')[1] ?? 0);
}

/** When what has the stamp was changed last, as ms since the epoch. */
export function changedAt(stamp: string): number {
  return Number(BigInt(stamp.slice(stamp.lastIndexOf(' ') + 1)) / 1000n) / 1000;
}

/**
 * That of a file's content: another name for it, or other rights, change nothing.
 *
 * @returns null where nothing is that can be got at; undefined where the system does not say
 */
export function contentStampAt(file: string): string | null | undefined {
  try {
    const stats = statSync(file, { bigint: true });
    return `${identityOf(stats)} ${stats.size} ${stats.mtimeNs}`;
  } catch (error) {
    return isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES') ? null : undefined;
  }
}
