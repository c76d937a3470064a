/**
 * Notices when a file's content may have changed, however it is saved: written in place, renamed over by an editor,
 * deleted and made again, or behind symbolic links that are swapped (as Kubernetes does with config maps).
 */
import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';
import { watch } from 'chokidar';

/** An editor's save is several events; it is over when none has come for this long, in ms. */
const QUIET = 50;
/** Saves that never pause are looked at this often all the same, in ms. */
const AT_MOST = 500;

export interface FileWatcher {
  /** Watches these files as well, and calls back: those that the first one includes may change with every reading. */
  readonly add: (files: readonly string[]) => void;
  readonly close: () => Promise<void>;
}

/** Calls back after each change of any of the files; the content may be the same. Resolves once it watches. */
export async function watchFiles(first: readonly string[], changed: () => void): Promise<FileWatcher> {
  const files = new Set(first);
  const wanted = new Set<string>();
  // Folders are watched, since a file that is replaced is another file; in them only the names on the way to ours.
  const watcher = watch([], {
    depth: 0,
    followSymlinks: false,
    ignoreInitial: true,
    ignored: (name) => !wanted.has(name),
  });
  const follow = async (): Promise<void> => {
    for (const file of files) {
      for (const name of await namesOnTheWay(file)) {
        for (const part of [path.dirname(name), name]) {
          if (wanted.has(part)) continue;
          wanted.add(part);
          watcher.add(part);
        }
      }
    }
  };
  await follow();
  const settled = debounce(() => void follow().then(changed));
  watcher.on('all', settled.poke);
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  return {
    add: (more) => {
      const known = files.size;
      for (const file of more) files.add(file);
      // An edit since they were read was seen by nobody.
      if (files.size > known) void follow().then(settled.poke);
    },
    close: () => watcher.close(),
  };
}

/** The file and each symbolic link that the system follows to reach it. */
async function namesOnTheWay(file: string): Promise<Set<string>> {
  const names = new Set<string>();
  const pending = [path.resolve(file)];
  for (let next = pending.pop(); next !== undefined && names.size < 40; next = pending.pop()) {
    const link = await firstLink(next);
    if (link === null) {
      names.add(next);
      continue;
    }
    if (names.has(link.name)) break;
    names.add(link.name);
    pending.push(link.leadsTo);
  }
  return names;
}

/** The first component of `name` that is a symbolic link, and where the whole leads with it followed. */
async function firstLink(name: string): Promise<{ name: string; leadsTo: string } | null> {
  const { root } = path.parse(name);
  const parts = name.slice(root.length).split(path.sep);
  let prefix = root;
  for (const [i, part] of parts.entries()) {
    prefix = path.join(prefix, part);
    const stats = await lstat(prefix).catch(() => null);
    if (stats === null) return null;
    if (!stats.isSymbolicLink()) continue;
    const target = path.resolve(path.dirname(prefix), await readlink(prefix));
    return { name: prefix, leadsTo: path.join(target, ...parts.slice(i + 1)) };
  }
  return null;
}

function debounce(callback: () => void): { poke: () => void } {
  let quiet: NodeJS.Timeout | undefined;
  let latest: NodeJS.Timeout | undefined;
  const fire = (): void => {
    clearTimeout(quiet);
    clearTimeout(latest);
    latest = undefined;
    callback();
  };
  const poke = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(fire, QUIET);
    latest ??= setTimeout(fire, AT_MOST);
  };
  return { poke };
}
