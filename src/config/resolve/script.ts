/** What `script` names: a file, a command in PATH, or a line for the shell. */
import { basename, delimiter, dirname, extname, join } from 'node:path';
import type { Files } from '../read/file-access.ts';
import { absolute } from '../read/home-path.ts';
import type { ParseOptions } from '../read/options.ts';

export type Script =
  /** `missing`: nothing is there, but this is where it would be. */
  | { readonly kind: 'file' | 'missing' | 'bare folder'; readonly path: string }
  | { readonly kind: 'command' | 'missing command'; readonly path: string }
  | { readonly kind: 'shell'; readonly line: string };

/** As PM2 and Node would try them. */
const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/** Finds `script` below `cwd`; `path` is PATH. */
export function findScript(script: string, cwd: string, path: string, options: ParseOptions): Script {
  const { files } = options;
  const exact = absolute(cwd, script, options);
  const kind = files.kind(exact);
  if (kind === 'file') return { kind: 'file', path: exact };
  const entry = kind === 'directory' ? folderEntry(exact, files) : null;
  if (entry !== null) return { kind: 'file', path: entry };
  // PM2 hands every script with a space to the shell; a file of that name is the better guess.
  if (/\s/.test(script.trim())) return { kind: 'shell', line: script.trim() };
  const command = isBare(script) ? (bin(script, cwd, files) ?? which(script, path, files)) : null;
  if (command !== null) return { kind: 'command', path: command };
  if (kind === 'directory') return { kind: 'bare folder', path: exact };
  const extended = EXTENSIONS.map((extension) => exact + extension).find(
    (file) => files.kind(file) === 'file',
  );
  if (extended !== undefined) return { kind: 'file', path: extended };
  if (isBare(script) && extname(script) === '') return { kind: 'missing command', path: script };
  return { kind: 'missing', path: exact };
}

/** Whether a script could be the name of a command. */
function isBare(script: string): boolean {
  return !/[/\\]/.test(script);
}

/** What Node would run for a folder: `main` of its package.json, then its index file. */
function folderEntry(folder: string, files: Files): string | null {
  const main = packageMain(files.text(join(folder, 'package.json')));
  const starts = main === null ? [] : [join(folder, main), join(folder, main, 'index')];
  for (const start of [...starts, join(folder, 'index')]) {
    for (const candidate of [start, ...EXTENSIONS.map((extension) => start + extension)]) {
      if (files.kind(candidate) === 'file') return candidate;
    }
  }
  return null;
}

function packageMain(text: string | null): string | null {
  try {
    const { main } = JSON.parse(text ?? '{}') as { main?: unknown };
    return typeof main === 'string' && main !== '' ? main : null;
  } catch {
    return null;
  }
}

/** The absolute path of a command that a package has brought, from a folder upwards, as npm finds it; or null. */
export function bin(command: string, folder: string, files: Files): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', '.bin', command);
    if (files.kind(candidate) === 'file' && files.executable(candidate)) return candidate;
    if (at === dirname(at)) return null;
  }
}

/** The absolute path of a command, or null. */
export function which(command: string, path: string, files: Files): string | null {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    const candidate = join(folder, command);
    if (files.kind(candidate) === 'file' && files.executable(candidate)) return candidate;
  }
  return null;
}

/** What an app without a name is called, as PM2 does: its script's file name without the last extension. */
export function nameFromScript(script: string): string {
  const base = basename(script);
  const dot = base.lastIndexOf('.');
  return dot > 0 ? base.slice(0, dot) : base;
}
