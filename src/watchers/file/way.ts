/**
 * How the system gets from a path to a file: through folders and symbolic links, any of which may be replaced by
 * another, as may the file at the end. Two looks at it tell whether anything has changed, without reading the file.
 */
import type { BigIntStats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';
import { identityOf, stampOf } from '../../files/stamp.ts';

export interface Way {
  /** Differs where a folder, a link's target, or what is at an end does: device, inode, size, times to the nanosecond. */
  readonly print: string;
  /** At the end of at least one of the paths nothing is. */
  readonly isBroken: boolean;
  /** What to watch, by absolute paths without links. */
  readonly places: ReadonlyMap<string, Place>;
}

/** A file or folder in which changes matter. */
export interface Place {
  /** Another one at the same path has another. */
  readonly identity: string;
  /** The names in the folder that matter; null of a file. */
  readonly names: ReadonlySet<string> | null;
}

/** As many as Linux follows. */
const MAX_LINKS = 40;

type Look = (name: string) => Promise<BigIntStats | string>;

/** Never rejects: what cannot be looked at is part of the answer. A handful of `lstat` for each path. */
export async function wayTo(files: readonly string[]): Promise<Way> {
  // Paths share their folders, and one look is one moment.
  const known = new Map<string, Promise<BigIntStats | string>>();
  const look: Look = (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const stats = lstat(name, { bigint: true }).catch(codeOf);
    known.set(name, stats);
    return stats;
  };
  const ways = await Promise.all(files.map((file) => walk(path.resolve(file), look)));
  const places = new Map<string, { identity: string; names: Set<string> | null }>();
  for (const { end, turns } of ways) {
    for (const [folder, name] of turns) {
      const stats = await look(folder);
      if (typeof stats === 'string') continue;
      const place = places.get(folder) ?? { identity: identityOf(stats), names: new Set() };
      place.names?.add(name);
      places.set(folder, place);
    }
    // A file that is mounted by itself changes without its folder.
    if (end?.stats.isFile() === true) places.set(end.name, { identity: identityOf(end.stats), names: null });
  }
  return {
    print: ways.map(({ steps }) => steps.join('\n')).join('\n\n'),
    isBroken: ways.some(({ end }) => end === null),
    places,
  };
}

interface Walked {
  readonly steps: readonly string[];
  /** Folders, and the name in them at which the way turns or ends. */
  readonly turns: readonly (readonly [folder: string, name: string])[];
  readonly end: { readonly name: string; readonly stats: BigIntStats } | null;
}

async function walk(file: string, look: Look): Promise<Walked> {
  const { root } = path.parse(file);
  const steps: string[] = [];
  const turns: [string, string][] = [];
  const ahead = partsOf(file);
  let links = 0;
  let folder = root;
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    const name = path.join(folder, part);
    // The system gives up here as well.
    const stats = links > MAX_LINKS ? 'ELOOP' : await look(name);
    if (typeof stats === 'string') {
      steps.push(`${name} ${stats}`);
      return { steps, turns: [...turns, [folder, part]], end: null };
    }
    if (stats.isSymbolicLink()) {
      links += 1;
      const target = await readlink(name).catch(codeOf);
      steps.push(`${name} -> ${target}`);
      turns.push([folder, part]);
      ahead.unshift(...partsOf(target));
      if (path.isAbsolute(target)) folder = path.parse(target).root;
      continue;
    }
    if (ahead.length === 0) {
      // Other changes in a folder are none of what is at its end.
      steps.push(`${name} ${stats.isDirectory() ? identityOf(stats) : stampOf(stats)}`);
      return { steps, turns: [...turns, [folder, part]], end: { name, stats } };
    }
    steps.push(`${name} ${identityOf(stats)}`);
    folder = name;
  }
  // The root itself, or a link to a folder above it.
  return { steps, turns, end: null };
}

function partsOf(name: string): string[] {
  return name
    .slice(path.parse(name).root.length)
    .split(path.sep)
    .filter((part) => part !== '');
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
