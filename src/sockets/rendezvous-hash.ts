/** Rendezvous hashing: each key has an order of preference among the slots, and keeps it whichever of them are there. */
import { hash } from '../model/hash.ts';

/** The slot that `key` prefers among `slots`, or null if there is none. */
export function preferred(key: string, slots: Iterable<number>): number | null {
  let best: number | null = null;
  let highest = -1;
  for (const slot of slots) {
    const score = hash(`${key} ${slot}`);
    if (score <= highest) continue;
    highest = score;
    best = slot;
  }
  return best;
}
