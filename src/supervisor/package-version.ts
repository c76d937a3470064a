/** The version in the nearest package.json above a script, as Node finds it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { AppSpec } from '../model/spec.ts';

/** More than this many are forgotten all at once, rather than kept for ever. */
const MAX_ENTRIES = 1000;

export class PackageVersions {
  readonly #byRevision = new Map<string, string | null>();

  /** Read once for each revision: a new version of the program is a new revision, or a restart of ours. */
  of({ revision, process: { script, cwd, shell } }: AppSpec): string | null {
    const known = this.#byRevision.get(revision);
    if (known !== undefined) return known;
    if (this.#byRevision.size >= MAX_ENTRIES) this.#byRevision.clear();
    const version = packageVersion(shell ? path.join(cwd, 'script') : script);
    this.#byRevision.set(revision, version);
    return version;
  }
}

/** Null if there is none, or it says none. */
function packageVersion(script: string): string | null {
  for (let folder = path.dirname(script); ; folder = path.dirname(folder)) {
    const found = versionIn(folder);
    if (found !== undefined) return found;
    if (folder === path.dirname(folder)) return null;
  }
}

/** Undefined where there is no package.json. */
function versionIn(folder: string): string | null | undefined {
  try {
    const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      version?: unknown;
    };
    return typeof version === 'string' ? version : null;
  } catch {
    return undefined;
  }
}
