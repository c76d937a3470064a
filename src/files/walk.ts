/** What there is in folders: by inode, size and times, without reading a file. */
import type { BigIntStats, Dirent } from 'node:fs';
import { stat as statLater } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { isCode } from './calls.ts';
import { identityOf, stampOf } from './stamp.ts';

export interface TreeOptions {
  /** Absolute paths of files and folders, there or not; these are followed, links or not. */
  readonly roots: readonly string[];
  /** Whether this absolute path, and all that is below it, is left out. */
  readonly isIgnored: (name: string) => boolean;
  /** Files and folders that are looked at, at the most. */
  readonly most: number;
}

/** Entries of a folder that are looked at at a time: as many as keep the thread pool busy. */
const AT_ONCE = 16;

/** By absolute path: folders by who they are, files by all that a change changes. */
export type Stamps = Map<string, string>;

/** @throws where something could not be looked at: then nothing is known */
export async function stampsOf(options: TreeOptions): Promise<Stamps> {
  const stamps: Stamps = new Map();
  for (const root of options.roots) await add(root, options, stamps, true);
  return stamps;
}

/** Whether a stamp is that of a folder. */
export function isFolder(stamp: string | undefined): boolean {
  return stamp?.startsWith('/') === true;
}

async function add(name: string, options: TreeOptions, stamps: Stamps, isRoot: boolean): Promise<void> {
  const { isIgnored, most } = options;
  if (stamps.has(name) || stamps.size >= most || isIgnored(name)) return;
  const stats = await look(name);
  if (stats === null) return;
  if (!stats.isDirectory()) {
    if (stats.isFile()) stamps.set(name, stampOf(stats));
    return;
  }
  // A link to a folder may lead back, or to all that there is on the machine.
  if (!isRoot && (await lstat(name).catch(nullIfNotThere))?.isSymbolicLink() !== false) return;
  stamps.set(name, `/${identityOf(stats)}`);
  const entries = await list(name);
  for (let i = 0; i < entries.length; i += AT_ONCE) {
    const some = entries.slice(i, i + AT_ONCE);
    await Promise.all(some.map((entry) => add(path.join(name, entry.name), options, stamps, false)));
  }
}

/** Null where nothing is, or it leads nowhere. */
async function look(name: string): Promise<BigIntStats | null> {
  return stat(name).catch(nullIfNotThere);
}

/** There may be thousands, and those of `node:fs/promises` cost twice as much. */
const stat = (name: string): Promise<BigIntStats> =>
  new Promise((resolve, reject) => {
    statLater(name, { bigint: true }, (error, stats) => (error === null ? resolve(stats) : reject(error)));
  });

async function list(folder: string): Promise<readonly Dirent[]> {
  return (await readdir(folder, { withFileTypes: true }).catch(nullIfNotThere)) ?? [];
}

/** Whatever else stands in the way says nothing of what is there. */
function nullIfNotThere(error: unknown): null {
  if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM')) return null;
  throw error;
}
