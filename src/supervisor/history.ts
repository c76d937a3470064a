/** The revisions that were stable, for `rollback`. */
import { revisionOf } from '../shared/revision.ts';
import type { ObservedApp } from '../model/observed.ts';
import type { AppSpec } from '../model/spec.ts';

/** Of each app. */
const MAX_ENTRIES = 5;

export class History {
  /** By app, oldest first. */
  readonly #stable = new Map<string, AppSpec[]>();

  /** The app's stable revision is about to be followed by another. */
  remember({ name, stable }: ObservedApp): void {
    if (stable === null) return;
    // Reloads of one process are one entry, or those of a schedule would soon be all that there is.
    const same = revisionOf(stable.process);
    const others = (this.#stable.get(name) ?? []).filter(({ process }) => revisionOf(process) !== same);
    this.#stable.set(name, [...others, stable].slice(-MAX_ENTRIES));
  }

  /** What was stable before what is; what is, while another revision is being tried; null if there is nothing. */
  previous({ name, stable, rollout }: ObservedApp): AppSpec | null {
    if (stable === null || rollout?.state !== 'complete') return stable;
    const current = revisionOf(stable.process);
    return (this.#stable.get(name) ?? []).findLast(({ process }) => revisionOf(process) !== current) ?? null;
  }

  /** All that may be gone back to. */
  get specs(): readonly AppSpec[] {
    return [...this.#stable.values()].flat();
  }

  keepOnly(apps: readonly string[]): void {
    for (const app of this.#stable.keys()) if (!apps.includes(app)) this.#stable.delete(app);
  }
}
