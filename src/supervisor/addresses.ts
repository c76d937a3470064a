/** Where each app listens, as its workers have told. */
import type { Notice } from '../model/notice.ts';
import type { ObservedApp } from '../model/observed.ts';

/** No more addresses of a revision are remembered. */
const MAX_ADDRESSES = 256;

export class Addresses {
  /** By app, then by revision. */
  readonly #known = new Map<string, Map<string, Set<string>>>();

  /** @param apps as they were before the notice took effect */
  noticed(notice: Notice, apps: readonly ObservedApp[]): void {
    if (notice.type === 'listening') return this.#add(notice.app, notice.revision, notice.address);
    if (notice.type !== 'step') return;
    const { kind, app: name } = notice.step;
    if (kind === 'remove') this.#known.delete(name);
    if (kind !== 'begin') return;
    const inUse = revisionsOf(apps.find((app) => app.name === name));
    const known = this.#known.get(name);
    for (const revision of known?.keys() ?? []) if (!inUse.has(revision)) known?.delete(revision);
  }

  /** Those of the revisions that have workers, of the stable one where none has; sorted. */
  of(app: ObservedApp): readonly string[] {
    const known = this.#known.get(app.name);
    const living = new Set(app.workers.map(({ revision }) => revision));
    const shown = living.size > 0 ? living : revisionsOf(app);
    return [...new Set([...shown].flatMap((revision) => [...(known?.get(revision) ?? [])]))].sort();
  }

  #add(app: string, revision: string, address: string): void {
    const known = this.#known.get(app) ?? new Map<string, Set<string>>();
    const addresses = known.get(revision) ?? new Set();
    if (addresses.size >= MAX_ADDRESSES) return;
    this.#known.set(app, known.set(revision, addresses.add(address)));
  }
}

function revisionsOf(app: ObservedApp | undefined): Set<string> {
  const living = app?.workers.map(({ revision }) => revision) ?? [];
  return new Set([...living, ...(app?.stable == null ? [] : [app.stable.revision])]);
}
