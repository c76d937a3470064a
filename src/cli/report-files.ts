/** What the machine-readable reports are made of. */
import path from 'node:path';
import type { Loaded } from '../config/load-ecosystem.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { workingFolderOrRoot } from './files.ts';

/** One file that was checked. */
export interface FileReport {
  readonly file: string;
  readonly valid: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** The same file under each environment that was asked for. */
export interface Checked extends FileReport {
  /** Without the environment it would have, an undefined name is none. */
  readonly loads: readonly { readonly env: string | undefined; readonly loaded: Loaded }[];
}

/** `ecosystem.yml` rather than `/srv/app/ecosystem.yml`, where that is shorter. */
export function displayPath(file: string, cwd: string = workingFolderOrRoot()): string {
  const relative = path.relative(cwd, file);
  return relative === '' || relative.startsWith(`..${path.sep}..`) || isRoot(cwd) ? file : relative;
}

/** Where the code of a diagnostic is explained, relative to this package. */
export function documentation(code: string): string {
  return `docs/diagnostics.md#${code.toLowerCase()}`;
}

function isRoot(folder: string): boolean {
  return path.dirname(folder) === folder;
}
