/** A number of 32 bits made from a text, the same everywhere and at any time; no secret depends on it. */

/** FNV-1a, then MurmurHash3's finalizer: FNV alone leaves texts that differ in their last character close together. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
