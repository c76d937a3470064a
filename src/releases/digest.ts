/** A digest of files by their contents, never by their times; a file that has not changed is not read again. */
import { hash } from 'node:crypto';
import path from 'node:path';
import { inTurns } from '../files/calls.ts';
import { readLooked } from '../files/read.ts';
import { changedAt, sizeOf } from '../files/stamp.ts';
import { isFolder, type Stamps } from '../files/walk.ts';

/** Files that are read at a time: as many as keep the thread pool busy. */
const AT_ONCE = 32;
/** Of one file, in bytes: a program may be this large, and reading more of it at once would be felt. */
const LARGEST = 256 * 1024 * 1024;

/** Of each file by its name, which is relative to some folder. */
export type Sums = ReadonlyMap<string, Sum>;

export interface Sum {
  readonly sum: string;
  /** When the file was changed last, as ms since the epoch. */
  readonly changedAt: number;
}

interface Known {
  readonly stamp: string;
  readonly sum: string;
}

/** The names of the files that differ. */
export function differences(a: Sums, b: Sums): string[] {
  const names = new Set([...a.keys(), ...b.keys()]);
  return [...names].filter((name) => a.get(name)?.sum !== b.get(name)?.sum).sort();
}

export class Digester {
  /** By absolute path, of the files that were there the last time. */
  #known: ReadonlyMap<string, Known> = new Map();

  /**
   * Of the same files in another folder it is the same.
   *
   * @param stamps what there is; folders do not count
   * @param root what the names of the files are relative to
   */
  async digest(stamps: Stamps, root: string): Promise<{ digest: string; sums: Sums }> {
    const files = [...stamps].filter(([, stamp]) => !isFolder(stamp)).sort(([a], [b]) => (a < b ? -1 : 1));
    const next = new Map<string, Known>();
    const left = files.values();
    const take = async (): Promise<void> => {
      for (const [file, stamp] of left) next.set(file, { stamp, sum: await this.#sum(file, stamp) });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, take));
    this.#known = next;
    const sums = new Map(
      files.map(([file, stamp]) => [
        path.relative(root, file),
        { sum: next.get(file)?.sum ?? '', changedAt: changedAt(stamp) },
      ]),
    );
    const lines = [...sums].map(([name, { sum }]) => `${JSON.stringify(name)} ${sum}\n`);
    return { digest: hash('sha256', lines.join('')), sums };
  }

  async #sum(file: string, stamp: string): Promise<string> {
    const known = this.#known.get(file);
    if (known?.stamp === stamp) return known.sum;
    const size = sizeOf(stamp);
    // Of what cannot be read, or has changed since, it is known that it is as it is.
    if (size > LARGEST) return stamp;
    const bytes = await inTurns(readLooked(file, size)).catch(() => null);
    return bytes?.length === size ? hash('sha256', bytes) : stamp;
  }
}
