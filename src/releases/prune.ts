/** Which releases go. */
import { readdirSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import { orElse } from '../files/proc-fs.ts';
import { MIRRORS } from './mirror.ts';
import { inTurn } from './own-turn.ts';
import { ReleaseStore, removeAll } from './release-store.ts';
import type { Release } from './release.ts';

export interface Kept {
  /** How many of each source, by its key. */
  readonly keep: ReadonlyMap<string, number>;
  /** Names of those that are needed. */
  readonly mirrors: ReadonlySet<string>;
  readonly inUse: (release: Release) => boolean;
}

/** @returns what was removed */
export async function pruneReleases(
  root: string,
  { keep, mirrors, inUse }: Kept,
): Promise<readonly Release[]> {
  const removed: Release[] = [];
  for (const key of namesIn(root)) {
    const folder = path.join(root, key);
    await alone(folder, async () => {
      const store = new ReleaseStore(folder);
      const old = store.list().slice(keep.get(key) ?? 0);
      for (const release of old.filter((one) => !inUse(one))) {
        await store.remove(release.id);
        removed.push(release);
      }
      if (keep.has(key) || store.list().length > 0) return;
      await store.clear();
      // What cannot be removed yet is not empty.
      await rmdir(folder).catch(() => {});
    });
  }
  for (const name of namesIn(path.join(root, MIRRORS))) {
    const folder = path.join(root, MIRRORS, name);
    if (!mirrors.has(name)) await alone(folder, () => removeAll(folder));
  }
  return removed;
}

/** Ours, as no other folder is called. */
function namesIn(folder: string): readonly string[] {
  return orElse([], () => readdirSync(folder)).filter((name) => /^[\da-f]{16}$/.test(name));
}

async function alone(folder: string, work: () => Promise<void>): Promise<void> {
  await inTurn(folder, new AbortController().signal, work);
}
