/** Which apps may have an address together. */
import type { Observed, ObservedApp } from '../../src/model/observed.ts';

export class Kin {
  /** For whom apps stay, or stayed. */
  readonly #stayed = new Map<string, Set<string>>();

  note({ apps }: Observed): void {
    for (const { name, staysFor } of apps)
      for (const other of staysFor ?? [])
        this.#stayed.set(name, (this.#stayed.get(name) ?? new Set()).add(other));
  }

  /** Whether one of two apps stays for the other, or both for a third; or did so, and another edit came. */
  are(a: string, b: string): boolean {
    const [of, others] = [
      [a, ...(this.#stayed.get(a) ?? [])],
      [b, ...(this.#stayed.get(b) ?? [])],
    ];
    return of.some((name) => others.includes(name));
  }
}

/** Whoever cannot run beside another one leaves as a whole, also on the way back from a trade that has failed. */
export function isExclusive(app: ObservedApp | undefined): boolean {
  if (app === undefined) return false;
  const { spec, stable, rollout, workers } = app;
  const isMixed = (stable ?? spec).process.mode !== spec.process.mode;
  return isMixed || rollout?.exclusive != null || workers.some(({ blocked }) => blocked !== null);
}
