/** The releases of an app that has a `source`: which there are, and the app as it is in one of them. */
import { Refusal } from '../control/server.ts';
import type { ObservedApp } from '../model/observed.ts';
import type { ReleaseView } from '../model/release-view.ts';
import type { SourceSpec } from '../model/source.ts';
import type { AppSpec } from '../model/spec.ts';
import { specOf } from '../observe/facts/target.ts';
import { releaseText } from '../releases/known-release.ts';
import type { Release } from '../releases/release.ts';
import type { Effects } from './effects.ts';
import type { ReleaseOf } from './load.ts';
import { keyOf } from './source-entry.ts';
import type { AppSources } from './app-sources.ts';
import type { Wanted } from './wanted.ts';

export interface AppReleasesOptions {
  readonly effects: Pick<Effects, 'load' | 'releases'>;
  readonly sources: Pick<AppSources, 'releaseOf'>;
  readonly wanted: Pick<Wanted, 'all'>;
}

export class AppReleases {
  readonly #of: AppReleasesOptions;

  constructor(options: AppReleasesOptions) {
    this.#of = options;
  }

  /**
   * The newest first.
   *
   * @throws Refusal where the app has no `source`
   */
  list(app: string, observed: ObservedApp | null): readonly ReleaseView[] {
    const folderOf = (spec: AppSpec | null): string | undefined => spec?.process.code?.folder;
    const running = new Set(
      observed?.workers.map(({ revision }) => folderOf(specOf(observed, revision))) ?? [],
    );
    const stable = folderOf(observed?.stable ?? null);
    return this.#of.effects.releases.list(this.#sourceOf(app)).map((release) => ({
      ...release,
      preparedAt: new Date(release.preparedAt).toISOString(),
      runs: running.has(release.folder),
      stable: release.folder === stable,
    }));
  }

  /**
   * As the file has the app, in an earlier release.
   *
   * @param id what it begins with, or what the release is called
   * @throws Refusal where there is no such release, or more than one, or the file does not fit it
   */
  async specOf(app: string, id: string): Promise<AppSpec> {
    const source = this.#sourceOf(app);
    const { folder, ...release } = this.#find(app, source, id);
    const releaseOf: ReleaseOf = (other) =>
      keyOf(other) === keyOf(source) ? folder : this.#of.sources.releaseOf(other);
    const { desired, diagnostics } = await this.#of.effects.load(undefined, releaseOf);
    const spec = desired?.apps.find(({ name }) => name === app);
    if (spec !== undefined) return spec;
    const first = diagnostics.find(({ severity }) => severity === 'error')?.message ?? 'the app is gone';
    throw new Refusal(`the file does not fit release ${releaseText(release)}: ${first}`);
  }

  #find(app: string, source: SourceSpec, id: string): Release {
    const all = this.#of.effects.releases.list(source);
    const called = (release: Release): boolean => release.version.startsWith(id) || release.label === id;
    const [found, ...others] = all.filter(called);
    const which = all.map(releaseText).join(', ');
    if (found === undefined) {
      const there = all.length === 0 ? 'there is none yet' : `there is ${which}`;
      throw new Refusal(`app "${app}" has no release ${id}; ${there}`);
    }
    if (others.length > 0) throw new Refusal(`more than one release is called ${id}; write an id: ${which}`);
    return found;
  }

  #sourceOf(app: string): SourceSpec {
    const { wanted } = this.#of;
    const { source } = wanted.all.find(({ name }) => name === app) ?? {};
    if (source !== undefined) return source;
    throw new Refusal(`app "${app}" has no \`source\`, so it has no releases`);
  }
}
