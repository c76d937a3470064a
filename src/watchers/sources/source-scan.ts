/** What there is of an app's sources, compared with what there was: by inode, size and times, without reading a file. */
import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { identityOf, stampOf } from '../../files/stamp.ts';

export interface ScanOptions {
  /** Absolute paths of files and folders, there or not. */
  readonly roots: readonly string[];
  /** Whether this absolute path, and all that is below it, is left out. */
  readonly isIgnored: (name: string) => boolean;
  /** Files and folders that are looked at, at the most. */
  readonly most: number;
}

export interface Scanned {
  /** Files that are there, or are not, other than before. */
  readonly changed: readonly string[];
  /** A folder is another one than before: a watch on it is lost. */
  readonly isReplaced: boolean;
}

/** Folders by who they are, files by all that a change changes. */
type Stamps = Map<string, string>;

const NOTHING: Scanned = { changed: [], isReplaced: false };

export class SourceScan {
  readonly #options: ScanOptions;
  #known: Stamps | null = null;
  /** What was told of while a scan was under way, which may have looked before. */
  readonly #noted = new Set<string>();

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  /**
   * Compares with the time before; the first time there is nothing to compare with. One at a time.
   *
   * @throws where something could not be looked at: then nothing is known, and nothing is forgotten
   */
  async compare(): Promise<Scanned> {
    this.#noted.clear();
    const now: Stamps = new Map();
    for (const root of this.#options.roots) await this.#add(root, now, true);
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

  async #add(name: string, now: Stamps, isRoot = false): Promise<void> {
    const { isIgnored, most } = this.#options;
    if (now.has(name) || now.size >= most || isIgnored(name)) return;
    const stats = await look(name);
    if (stats === null) return;
    if (!stats.isDirectory()) {
      if (stats.isFile()) now.set(name, stampOf(stats));
      return;
    }
    // As the watch does: into no folder through a link, unless it is named.
    if (!isRoot && (await lstat(name).catch(nullIfNotThere))?.isSymbolicLink() !== false) return;
    now.set(name, `/${identityOf(stats)}`);
    for (const entry of await list(name)) await this.#add(path.join(name, entry.name), now);
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

function isFolder(stamp: string | undefined): boolean {
  return stamp?.startsWith('/') === true;
}

/** Null where nothing is, or it leads nowhere. */
function look(name: string): Promise<BigIntStats | null> {
  return stat(name, { bigint: true }).catch(nullIfNotThere);
}

async function list(folder: string): Promise<readonly Dirent[]> {
  return (await readdir(folder, { withFileTypes: true }).catch(nullIfNotThere)) ?? [];
}

/** Whatever else stands in the way says nothing of what is there. */
function nullIfNotThere(error: NodeJS.ErrnoException): null {
  if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM'].includes(error.code ?? '')) return null;
  throw error;
}
