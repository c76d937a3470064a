/** Did you mean. */

/** So many of about the same length are looked at: a file of thousands of apps may have thousands of typos. */
const MOST = 300;

/** The candidate that is a typo away from `word`, or null. */
export function suggest(word: string, candidates: Iterable<string>): string | null {
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let bound = wanted.length <= 3 ? 1 : wanted.length <= 7 ? 2 : 3;
  let left = MOST;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > bound) continue;
    if (left-- === 0) break;
    const found = distance(wanted, candidate.toLowerCase());
    if (found < bound || (found === bound && best === null)) [best, bound] = [candidate, found];
  }
  return best;
}

/** The hint for a suggestion, or null. */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const best = suggest(word, candidates);
  return best === null ? null : `Did you mean \`${best}\`?`;
}

/** Edits from one word to the other, where two swapped neighbours are one edit (Damerau-Levenshtein). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + changed);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    [before, above] = [above, row];
  }
  return above[b.length] ?? 0;
}
