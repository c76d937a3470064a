/** Repositories that the sources of simulated apps name, and the releases that supervisors have made of them. */
import type { SourceSpec } from '../../src/model/source.ts';
import type { AppSpec, Desired } from '../../src/model/spec.ts';
import { ReleaseError } from '../../src/releases/release-error.ts';
import { revised, type Release } from '../../src/releases/release.ts';
import type { Effects } from '../../src/supervisor/effects.ts';
import type { ReleaseOf } from '../../src/supervisor/load.ts';
import type { Random } from '../plan/random.ts';
import type { Life, World } from './supervisor-life.ts';

/** Of a source; often enough for all to be removed that nobody needs. */
const KEEP = 1;
const POLL = 2000;

export class Repositories {
  /** By address: how often its branch has moved. */
  readonly #commits = new Map<string, number>();
  /** On the disk, by address: the newest first. */
  readonly #releases = new Map<string, Release[]>();
  readonly #random: Random;
  /** Whether whoever is asked may fail. */
  mayFail = true;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Some apps come from one. */
  maybe(app: AppSpec): AppSpec {
    if (!this.#random.chance(15)) return app;
    const address = `/repository-${app.name}`;
    this.#commits.set(address, 1);
    const poll = this.#random.chance(50) ? POLL : null;
    const origin = { kind: 'git', address, ref: 'main' } as const;
    return { ...app, source: { origin, build: [], buildTimeout: 5000, poll, keep: KEEP, user: null } };
  }

  /** Somebody pushes. */
  move(): void {
    const all = [...this.#commits.keys()];
    const address = all[this.#random.between(0, all.length - 1)];
    if (address !== undefined) this.#commits.set(address, (this.#commits.get(address) ?? 0) + 1);
  }

  /** How often the branch had moved. */
  commitOf(source: SourceSpec): number {
    return this.#commits.get(addressOf(source)) ?? 0;
  }

  /** The file as it is read with these releases. */
  read(file: Desired, releaseOf: ReleaseOf): Desired {
    return { ...file, apps: file.apps.map((spec) => inRelease(spec, releaseOf)) };
  }

  /** As a supervisor has them, which dies or not. */
  effects(world: World, life: Life): Effects['releases'] {
    const all = (source: SourceSpec): Release[] => this.#releases.get(addressOf(source)) ?? [];
    return {
      resolve: (source) =>
        life.attempt(1, 400, () => {
          if (this.mayFail && this.#random.chance(10)) throw new ReleaseError('There is no network.');
          return revised(this.commitOf(source).toString(16).padStart(8, '0').padEnd(40, '0'), 'main');
        }),
      prepare: async (source, what, { signal }) => {
        await life.attempt(10, 1500, () => {
          if (signal?.aborted === true) throw new ReleaseError('It was ended.');
          if (this.mayFail && this.#random.chance(10)) throw new ReleaseError('The build failed.');
        });
        const folder = `/releases${addressOf(source)}/${what.id}`;
        const release = { ...what, folder, preparedAt: world.machine.clock.now };
        this.#releases.set(addressOf(source), [release, ...all(source).filter(({ id }) => id !== what.id)]);
        return release;
      },
      list: all,
      find: (source, id) => all(source).find((release) => release.id === id) ?? null,
      folderFor: (source, id) => `/releases${addressOf(source)}/${id}`,
      prune: (sources, inUse) => Promise.resolve(this.#prune(sources, inUse, world, life)),
    };
  }

  #prune(
    sources: readonly SourceSpec[],
    inUse: (release: Release) => boolean,
    { workers, machine }: World,
    life: Life,
  ): readonly Release[] {
    const removed: Release[] = [];
    for (const source of sources) {
      const all = this.#releases.get(addressOf(source)) ?? [];
      const old = all.slice(source.keep).filter((release) => !inUse(release));
      this.#releases.set(
        addressOf(source),
        all.filter((release) => !old.includes(release)),
      );
      removed.push(...old);
    }
    const folders = new Set(removed.map(({ folder }) => folder));
    const used = workers.find(
      ({ launch, parent, process, isDraining }) =>
        parent === life &&
        process.isAlive &&
        !isDraining &&
        folders.has(launch.spec.process.code?.folder ?? ''),
    );
    // Who asked for it hears nothing of that.
    if (used !== undefined)
      machine.clock.after(0, () => {
        throw new Error(`the release that ${used.process.what} runs was removed`);
      });
    return removed;
  }
}

/** Which commit of its source a spec is of; 0 where it has none. */
export function commitIn({ process }: AppSpec): number {
  return process.code?.from === 'source' ? Number.parseInt(process.code.id, 16) : 0;
}

function inRelease(spec: AppSpec, releaseOf: ReleaseOf): AppSpec {
  if (spec.source === undefined) return spec;
  const folder = releaseOf(spec.source);
  if (folder === null) return { ...spec, unprepared: true };
  const id = folder.slice(folder.lastIndexOf('/') + 1);
  const code = { id, from: 'source', folder, digest: id } as const;
  return { ...spec, revision: `${spec.revision}@${id}`, process: { ...spec.process, code } };
}

function addressOf({ origin }: SourceSpec): string {
  return origin.kind === 'git' ? origin.address : '';
}
