/** Which files an app's code is: what `watch` looks at, and what was installed for it. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { isFolder, stampsOf, type Stamps } from '../files/walk.ts';
import type { LogSpec } from '../model/logging.ts';
import type { AppSpec, Desired, WatchSpec } from '../model/spec.ts';
import { isWithin } from '../shared/within.ts';
import { patternsOf } from './patterns.ts';

/** What says which versions of others' code belong to it: of the nearest folder that has one of them. */
const LOCKS = [
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'bun.lockb',
];
/** What a package manager says that it has installed. */
const INSTALLED = ['.package-lock.json', '.yarn-integrity', '.yarn-state.yml', '.pnpm/lock.yaml'];

/** Whose code is looked at: an app's, as the file asks for it. */
export type Coded = Pick<AppSpec, 'process' | 'triggers' | 'logs'>;

/** The files that are followed as the ecosystem file is, so that they are no app's code. */
export function ownFiles({ file, files }: Desired): readonly string[] {
  return files ?? [file];
}

/** Those that an app's output is written to; rotated ones have longer names. */
export function logFilesOf({ out, err, all }: LogSpec): readonly string[] {
  return [out, err, all].filter((file) => file !== null);
}

/** What is looked at for one app, and what its names are relative to. */
export interface CodePlace {
  readonly root: string;
  readonly watch: WatchSpec;
}

/**
 * Where a link leads is all of the code. A script outside of `cwd` is the code: that it works on files elsewhere does
 * not make them some.
 */
export function codePlace({ process, triggers, logs }: Coded): CodePlace {
  const { cwd, script, shell, code } = process;
  const folder = code?.from === 'link' && triggers.watch === null ? code.folder : cwd;
  const isOutside = !shell && path.isAbsolute(script) && !isWithin(script, folder);
  const { paths, ignore } = triggers.watch ?? {
    paths: [isOutside ? script : '.'],
    ignore: triggers.ignored ?? [],
  };
  const written = logFilesOf(logs).flatMap((file) => [file, `${file}*`]);
  return {
    root: isOutside && triggers.watch === null ? path.dirname(script) : folder,
    watch: {
      paths: isOutside ? [...paths, script] : paths,
      ignore: [...ignore, ...written],
      delay: 0,
      poll: null,
    },
  };
}

/**
 * @param own as of `patternsOf`, by all their names
 * @param most files and folders; null where there are more
 */
export async function codeFiles(
  place: CodePlace,
  own: readonly string[],
  most: number,
): Promise<Stamps | null> {
  const { roots, isIgnored, isNamed } = patternsOf(place.watch, place.root, own);
  const stamps = await stampsOf({ roots, isIgnored, most: most + 1 });
  if (stamps.size > most) return null;
  for (const [name, stamp] of stamps) if (!isFolder(stamp) && !isNamed(name)) stamps.delete(name);
  for (const [name, stamp] of await installed(place.root)) stamps.set(name, stamp);
  return stamps;
}

/** Files and folders, by the names that they have without links as well: code is looked at where it really is. */
export async function withReal(names: readonly string[]): Promise<readonly string[]> {
  const real = names.map(async (name) => {
    const folder = path.dirname(name);
    return (await realpath(folder).catch(() => folder)) + name.slice(folder.length);
  });
  return [...new Set([...names, ...(await Promise.all(real))])];
}

/** From a folder upwards, as Node looks for packages. */
async function installed(root: string): Promise<Stamps> {
  const found: Stamps = new Map();
  let [hasLock, hasModules] = [false, false];
  for (let at = root; !hasLock || !hasModules; at = path.dirname(at)) {
    const modules = path.join(at, 'node_modules');
    const wanted = [
      ...(hasLock ? [] : LOCKS.map((name) => path.join(at, name))),
      ...(hasModules ? [] : INSTALLED.map((name) => path.join(modules, name))),
    ];
    const there = await stampsOf({ roots: wanted, isIgnored: () => false, most: wanted.length });
    for (const [name, stamp] of there) found.set(name, stamp);
    hasModules ||= [...there.keys()].some((name) => isWithin(name, modules));
    hasLock ||= [...there.keys()].some((name) => !isWithin(name, modules));
    if (at === path.dirname(at)) break;
  }
  return found;
}
