/**
 * Apps that get back to their stable revision after a rollout has failed. Only once they are there is it known what of
 * theirs was open for the failed one alone.
 */
import type { Observed } from '../model/observed.ts';
import { isOnItsWayBack } from '../observe/facts/rollback.ts';

export class Returns {
  readonly #away = new Set<string>();

  /** Those that are back, and were not at the last look. */
  look({ apps }: Observed): string[] {
    const back: string[] = [];
    for (const app of apps) {
      const { name, rollout } = app;
      if (rollout?.state === 'progressing' || isOnItsWayBack(app)) this.#away.add(name);
      else if (this.#away.delete(name) && rollout?.state === 'rolled-back') back.push(name);
    }
    const names = new Set(apps.map(({ name }) => name));
    for (const name of this.#away) if (!names.has(name)) this.#away.delete(name);
    return back;
  }
}
