/** Slots whose workers fail again and again get their replacements less and less often. */

/** A worker that failed within this time of being ready, in ms, did so from the start, or nearly. */
const YOUNG = 60_000;
/** How long its first successor is left alone, in ms; each further one twice as long. */
const FIRST = 6000;
/** The longest that successors are left alone, in ms. */
export const LONGEST_GRACE = 600_000;

export class Grace {
  /** How often in a row a young worker was replaced, by app and slot. */
  readonly #inARow = new Map<string, number>();

  /** Whether a worker that became ready `age` ms ago may be replaced now; if so, it is taken to be. */
  allows(app: string, slot: number, age: number, longest: number = LONGEST_GRACE): boolean {
    const key = keyOf(app, slot);
    const inARow = this.#inARow.get(key) ?? 0;
    const grace = inARow === 0 ? 0 : Math.min(longest, FIRST * 2 ** (inARow - 1));
    if (age < grace) return false;
    if (age < YOUNG + grace) this.#inARow.set(key, inARow + 1);
    else this.#inARow.delete(key);
    return true;
  }

  /** Forgets all slots but those of these apps. */
  keepOnly(apps: readonly { readonly name: string; readonly spec: { readonly instances: number } }[]): void {
    if (this.#inARow.size === 0) return;
    const slots = new Set(
      apps.flatMap(({ name, spec }) =>
        Array.from({ length: spec.instances }, (_, slot) => keyOf(name, slot)),
      ),
    );
    for (const key of this.#inARow.keys()) if (!slots.has(key)) this.#inARow.delete(key);
  }
}

function keyOf(app: string, slot: number): string {
  return `${app} ${slot}`;
}
