/** A digest of files by their contents, never by their times; a file that has not changed is not read again. */
import { hash } from 'node:crypto';
import path from 'node:path';
import { inTurns } from '../files/calls.ts';
import { readBounded } from '../files/read.ts';
import { changedAt } from '../files/stamp.ts';
import { isFolder, type Stamps } from '../files/walk.ts';

/** Files that are read at a time: as many as keep the thread pool busy. */
const AT_ONCE = 8;
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
    for (let i = 0; i < files.length; i += AT_ONCE) {
      const some = files.slice(i, i + AT_ONCE);
      const sums = await Promise.all(some.map(([file, stamp]) => this.#sum(file, stamp)));
      some.forEach(([file, stamp], at) => next.set(file, { stamp, sum: sums[at] ?? '' }));
    }
    this.#known = next;
    const sums = new Map(
      [...next].map(([file, { stamp, sum }]) => [
        path.relative(root, file),
        { sum, changedAt: changedAt(stamp) },
      ]),
    );
    const lines = [...sums].map(([name, { sum }]) => `${JSON.stringify(name)} ${sum}\n`);
    return { digest: hash('sha256', lines.join('')), sums };
  }

  async #sum(file: string, stamp: string): Promise<string> {
    const known = this.#known.get(file);
    if (known?.stamp === stamp) return known.sum;
    try {
      return hash('sha256', await inTurns(readBounded(file, LARGEST)));
    } catch {
      // It has gone since, or is not ours to read: what is known of it is that it is as it is.
      return stamp;
    }
  }
}
