/** What there is of an app's sources, compared with what there was: by inode, size and times, without reading a file. */
import { stat } from 'node:fs/promises';
import { stampOf } from '../../files/stamp.ts';
import { isFolder, stampsOf, type Stamps, type TreeOptions } from '../../files/walk.ts';

export interface Scanned {
  /** Files that are there, or are not, other than before. */
  readonly changed: readonly string[];
  /** A folder is another one than before: a watch on it is lost. */
  readonly isReplaced: boolean;
}

const NOTHING: Scanned = { changed: [], isReplaced: false };

export class SourceScan {
  readonly #options: TreeOptions;
  #known: Stamps | null = null;
  /** What was told of while a scan was under way, which may have looked before. */
  readonly #noted = new Set<string>();

  constructor(options: TreeOptions) {
    this.#options = options;
  }

  /**
   * Compares with the time before; the first time there is nothing to compare with. One at a time.
   *
   * @throws where something could not be looked at: then nothing is known, and nothing is forgotten
   */
  async compare(): Promise<Scanned> {
    this.#noted.clear();
    const now = await stampsOf(this.#options);
    const before = this.#known;
    this.#known = now;
    if (before === null) return NOTHING;
    for (const name of this.#noted) keep(name, before, now);
    const changed = [...now.keys(), ...[...before.keys()].filter((name) => !now.has(name))].filter(
      (name) => before.get(name) !== now.get(name) && !isFolder(now.get(name) ?? before.get(name)),
    );
    const isReplaced = [...now].some(
      ([name, stamp]) => isFolder(stamp) && isOther(before.get(name), stamp, this.#isRoot(name)),
    );
    return { changed, isReplaced };
  }

  /** A change of this file has been told already. */
  async note(file: string): Promise<void> {
    const stats = await stat(file, { bigint: true }).catch(() => null);
    this.#noted.add(file);
    if (stats?.isFile() === true) this.#known?.set(file, stampOf(stats));
    else this.#known?.delete(file);
  }

  #isRoot(name: string): boolean {
    return this.#options.roots.includes(name);
  }
}

function keep(name: string, from: Stamps, to: Stamps): void {
  const stamp = from.get(name);
  if (stamp === undefined) to.delete(name);
  else to.set(name, stamp);
}

/** A folder that is new is seen by the watch on the one above it, if there is one. */
function isOther(before: string | undefined, now: string, isRoot: boolean): boolean {
  return before === undefined ? isRoot : before !== now;
}
