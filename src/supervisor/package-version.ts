/** The version in the nearest package.json above a script, as Node finds it. */
import path from 'node:path';
import { inTurns } from '../files/calls.ts';
import { readBounded } from '../files/read.ts';
import type { AppSpec } from '../model/spec.ts';

/** More than this many are forgotten all at once, rather than kept for ever. */
const MAX_ENTRIES = 1000;
/** Of a package.json, in bytes. */
const LARGEST = 1024 * 1024;

export class PackageVersions {
  readonly #byRevision = new Map<string, Promise<string | null>>();

  async ofAll(specs: readonly AppSpec[]): Promise<ReadonlyMap<AppSpec, string | null>> {
    return new Map(await Promise.all(specs.map(async (spec) => [spec, await this.#of(spec)] as const)));
  }

  /**
   * Read once for each revision: a new version of the program is a new revision, or a restart of ours. Null where it
   * is not known: the file is the app's, and whatever it is, nobody waits for it.
   */
  #of({ revision, process: { script, cwd, shell } }: AppSpec): Promise<string | null> {
    const known = this.#byRevision.get(revision);
    if (known !== undefined) return known;
    if (this.#byRevision.size >= MAX_ENTRIES) this.#byRevision.clear();
    const version = packageVersion(shell ? path.join(cwd, 'script') : script);
    this.#byRevision.set(revision, version);
    return version;
  }
}

/** Null if there is none, or it says none. */
async function packageVersion(script: string): Promise<string | null> {
  for (let folder = path.dirname(script); ; folder = path.dirname(folder)) {
    const found = await versionIn(folder);
    if (found !== undefined) return found;
    if (folder === path.dirname(folder)) return null;
  }
}

/** Undefined where there is no package.json that can be read. */
async function versionIn(folder: string): Promise<string | null | undefined> {
  try {
    const bytes = await inTurns(readBounded(path.join(folder, 'package.json'), LARGEST));
    const { version } = JSON.parse(Buffer.from(bytes).toString()) as { version?: unknown };
    return typeof version === 'string' ? version : null;
  } catch {
    return undefined;
  }
}
