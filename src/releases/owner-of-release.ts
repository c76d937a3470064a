/** Whose a release is: what the app's user has to be able to do with it, where that is another one than we are. */
import { chmodSync, statSync, type Stats } from 'node:fs';
import { lchown, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ProcessUser } from '../model/user.ts';
import { ReleaseError } from './release-error.ts';

/** All that is in the folder becomes the user's. */
export async function giveTo(user: ProcessUser, folder: string): Promise<void> {
  const [uid, gid] = [user.uid ?? -1, user.gid ?? -1];
  await lchown(folder, uid, gid);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await giveTo(user, file);
    else await lchown(file, uid, gid);
  }
}

/**
 * Lets the user pass through our own folders, down to the one of its release.
 *
 * @param root nothing above it is ours
 * @throws ReleaseError where the user cannot get as far as to `root`
 */
export function openWay(user: ProcessUser, root: string, folder: string): void {
  for (let at = path.dirname(root); at !== path.dirname(at); at = path.dirname(at)) {
    if (mayPass(user, statSync(at))) continue;
    const who = user.uid === null ? `group ${user.gid ?? ''}` : `user ${user.uid}`;
    throw new ReleaseError(
      `The app's ${who} cannot enter ${at}, below which releases are. Set CLUSTER_UP_HOME to a folder that it may pass through.`,
    );
  }
  for (let at = folder; at.startsWith(root); at = path.dirname(at)) chmodSync(at, 0o711);
}

function mayPass({ uid, gid }: ProcessUser, { mode, ...stats }: Stats): boolean {
  if (uid === 0) return true;
  if (uid === stats.uid) return (mode & 0o100) !== 0;
  return (gid === stats.gid ? mode & 0o010 : mode & 0o001) !== 0;
}
