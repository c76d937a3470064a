/** Releases: the code of a `source`, fetched and built once, each in a folder of its own. */
import { chmod, mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import type { SourceSpec } from '../model/source.ts';
import { canonicalJson, sha256 } from '../shared/revision.ts';
import { maskLines } from '../shared/mask.ts';
import { buildRelease } from './build-release.ts';
import { fetchSource, mirrorKey, resolveSource } from './fetch-source.ts';
import { giveTo, openWay } from './owner-of-release.ts';
import { inTurn } from './own-turn.ts';
import { inWords, ReleaseError } from './release-error.ts';
import { pruneReleases } from './prune.ts';
import { ReleaseStore, removeAll } from './release-store.ts';
import type { Release, Revised } from './release.ts';
import { SharedRuns, type Waiting } from './shared-runs.ts';

/** That are kept of what a build prints. */
const MOST_LINES = 10_000;

export interface Preparation extends Waiting {
  /** What `build` gets, and nothing else. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Place {
  /** Absolute: where all releases are. */
  readonly root: string;
  /** For git. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
}

export class Releases {
  readonly #place: Place;
  readonly #runs = new SharedRuns<Release>();

  constructor(place: Place) {
    this.#place = place;
  }

  /** What would run now. @throws ReleaseError */
  async resolve(
    { origin }: SourceSpec,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Revised> {
    try {
      return await resolveSource(origin, { ...this.#place, signal });
    } catch (error) {
      throw inWords(error, 'Looking for the release');
    }
  }

  /** The release, made if need be; who asks for the same meanwhile shares it. @throws ReleaseError */
  prepare(source: SourceSpec, what: Revised, { env, ...who }: Preparation): Promise<Release> {
    const store = this.#store(source);
    return this.#runs.join(store.folderOf(what.id), who, async (to) => {
      try {
        return await inTurn(store.folder, to.signal, () =>
          this.#prepare(source, what, store, { env, ...to }),
        );
      } catch (error) {
        throw inWords(error, `Preparing release ${what.id}`);
      }
    });
  }

  /** Where it is, or would be. */
  folderFor(source: SourceSpec, id: string): string {
    return this.#store(source).folderOf(id);
  }

  /** Null where it is not prepared. */
  find(source: SourceSpec, id: string): Release | null {
    return this.#store(source).find(id);
  }

  /** The newest first. */
  list(source: SourceSpec): readonly Release[] {
    return this.#store(source).list();
  }

  /**
   * Removes what is neither in use nor among the newest `keep` of its source, and says what. Of a source that none of
   * these is, only what is in use stays.
   */
  async prune(
    sources: readonly SourceSpec[],
    inUse: (release: Release) => boolean,
  ): Promise<readonly Release[]> {
    const keep = new Map<string, number>();
    for (const source of sources) {
      const key = sourceKey(source);
      keep.set(key, Math.max(source.keep, keep.get(key) ?? 0));
    }
    const mirrors = new Set(sources.flatMap(({ origin }) => mirrorKey(origin) ?? []));
    return await pruneReleases(this.#place.root, { keep, mirrors, inUse });
  }

  async #prepare(
    source: SourceSpec,
    what: Revised,
    store: ReleaseStore,
    { env, log: tell, signal }: Required<Preparation>,
  ): Promise<Release> {
    const printed: string[] = [];
    const log = (line: string): void => {
      const [masked = ''] = maskLines([line], env);
      if (printed.length < MOST_LINES) printed.push(masked);
      tell(masked);
    };
    const { now, root } = this.#place;
    const known = store.find(what.id);
    if (known !== null) {
      if (known.version !== what.version) throw ambiguous(known, what);
      return known.label === what.label ? known : await store.note(what, known.preparedAt);
    }
    await store.clear();
    const temporary = await store.temporary();
    const folder = store.folderOf(what.id);
    try {
      if (source.user !== null) openWay(source.user, root, store.folder);
      const fetched = path.join(temporary, what.id);
      await mkdir(fetched, { mode: 0o700 });
      await fetchSource(source.origin, what, fetched, { ...this.#place, log, signal });
      if (source.user !== null) await giveTo(source.user, fetched);
      // Built where it will run: what a build writes down may have the path in it.
      await rename(fetched, folder);
      const begun = (pid: number): void => store.noteBuilder(what.id, pid);
      await buildRelease(source, { folder, env, begun, log, signal });
      await chmod(folder, 0o700);
      await store.noteOutput(what.id, printed);
      return await store.note(what, now());
    } catch (error) {
      await store.remove(what.id);
      throw error;
    } finally {
      await removeAll(temporary);
    }
  }

  #store(source: SourceSpec): ReleaseStore {
    return new ReleaseStore(path.join(this.#place.root, sourceKey(source)));
  }
}

/** One commit has one release for each way to build it, and for each user who owns it. */
export function sourceKey({ origin, build, user }: SourceSpec): string {
  const { kind } = origin;
  // The next archive is mostly called as this one is, but for its version.
  const from =
    kind === 'git'
      ? origin.address
      : kind === 'folder'
        ? origin.path
        : origin.address.replaceAll(/\d+/g, '0');
  return sha256(canonicalJson({ kind, from, build, user })).slice(0, 16);
}

function ambiguous(known: Release, what: Revised): ReleaseError {
  return new ReleaseError(
    `${what.version} begins as ${known.version} does, of which there is a release already. Remove ${known.folder}.json first.`,
  );
}
