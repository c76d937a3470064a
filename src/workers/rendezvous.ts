/** Rendezvous hashing: each key has an order of preference among the slots, and keeps it whichever of them are there. */

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

/** FNV-1a, then MurmurHash3's finalizer: FNV alone leaves keys that differ in their last character close together. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
