/** Reading a file with the releases that its sources have then. */
import type { Loaded } from '../config/load-ecosystem.ts';
import { withDesired, type ReleaseOf } from './load.ts';
import { keyOf } from './source-entry.ts';

/** What is read says which releases it was read with: there may be others before all is read. */
export async function loadWith(
  releaseOf: ReleaseOf,
  load: (once: ReleaseOf) => Promise<Loaded>,
): Promise<Loaded> {
  const releases = new Map<string, string | null>();
  const loaded = await load((source) => {
    const key = keyOf(source);
    if (!releases.has(key)) releases.set(key, releaseOf(source));
    return releases.get(key) ?? null;
  });
  if (loaded.desired === null || releases.size === 0) return loaded;
  return withDesired(loaded, { ...loaded.desired, releases: [...releases.values()].join(' ') });
}
