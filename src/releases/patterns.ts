/** Which paths an app watches, and which of those it leaves out. */
import path from 'node:path';
import picomatch from 'picomatch';
import type { WatchSpec } from '../model/spec.ts';
import { isWithin } from '../shared/within.ts';

/** Left out always: what tools install, keep or write for themselves, and what apps keep their data in. */
const NEVER = [
  ...['node_modules', '.*', '*.log', '*~', '*.pid', '*.tmp'],
  ...['*.db', '*.sqlite', '*.sqlite3', '*-journal', '*-wal', '*-shm'],
];
/** Right below the app's folder; deeper down they may be code. */
const NEVER_AT_TOP = new Set(['logs', 'log', 'uploads', 'tmp']);

export interface Patterns {
  /** Absolute paths of the files and folders to watch. */
  readonly roots: readonly string[];
  /** Whether this absolute path, and all that is below it, is left out. */
  readonly isIgnored: (name: string) => boolean;
  /** Whether a change of the file at this absolute path counts. */
  readonly isWatched: (file: string) => boolean;
  /** The same of one that is not left out. */
  readonly isNamed: (file: string) => boolean;
}

/** @param own files and folders whose edits are followed in another way; a folder ends with a `/` */
export function patternsOf(spec: WatchSpec, cwd: string, own: readonly string[]): Patterns {
  const watched = spec.paths.map((written) => {
    const { base, glob } = picomatch.scan(written);
    const named = path.resolve(cwd, written);
    if (glob === '') return { root: named, fits: () => true };
    const root = path.resolve(cwd, base);
    const matches = picomatch(glob, { dot: true });
    // What looks like a pattern may be a name after all: `pages/[id]`.
    return { root, fits: (file: string) => matches(relative(root, file)) || isWithin(file, named) };
  });
  const ignores = spec.ignore.map((written) => ignore(written, cwd));
  // One expression: each part of each path is held against it.
  const isNever = picomatch(`{${NEVER.join(',')}}`, { dot: true });
  const isIgnored = (name: string): boolean => {
    // An editor writes its copies beside a file, under names that begin like it.
    if (own.some((file) => name.startsWith(file)) || ignores.some((matches) => matches(name))) return true;
    const above = watched.filter(({ root }) => isWithin(name, root));
    // What is named is watched, whatever its name.
    return (
      above.length > 0 &&
      above.every(({ root }) =>
        relative(root, name)
          .split('/')
          .some((part, depth) => isNever(part) || (depth === 0 && root === cwd && NEVER_AT_TOP.has(part))),
      )
    );
  };
  const isNamed = (file: string): boolean =>
    watched.some(({ root, fits }) => isWithin(file, root) && fits(file));
  return {
    roots: [...new Set(watched.map(({ root }) => root))],
    isIgnored,
    isNamed,
    isWatched: (file) => !isIgnored(file) && isNamed(file),
  };
}

/** A pattern leaves out what it matches with all that is below; one without `/` does so at any depth. */
function ignore(written: string, cwd: string): (name: string) => boolean {
  const pattern = written.replace(/^\.\//, '').replace(/\/(\*\*)?$/, '');
  const absolute = path.isAbsolute(pattern);
  const matches = picomatch(pattern, { dot: true });
  return (name) => {
    if (absolute) return prefixes(name.slice(1).split('/'), '/').some((prefix) => matches(prefix));
    const below = relative(cwd, name);
    if (below === '') return false;
    const parts = below.split('/');
    return pattern.includes('/') || below.startsWith('../')
      ? prefixes(parts, '').some((prefix) => matches(prefix))
      : parts.some((part) => matches(part));
  };
}

/** `a`, `a/b`, `a/b/c`. */
function prefixes(parts: readonly string[], before: string): string[] {
  return parts.map((_, i) => before + parts.slice(0, i + 1).join('/'));
}

function relative(from: string, to: string): string {
  return path.relative(from, to).split(path.sep).join('/');
}
