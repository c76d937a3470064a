/** Where the releases of an ecosystem file are kept: they outlive a reboot, and the folder for sockets does not. */
import os from 'node:os';
import path from 'node:path';
import { nameFor } from '../control/paths.ts';

export function releasesFolder(
  file: string,
  env: NodeJS.ProcessEnv = process.env,
  uid: number = process.getuid?.() ?? -1,
): string {
  return path.join(stateFolder(env, uid), 'releases', nameFor(file));
}

function stateFolder(env: NodeJS.ProcessEnv, uid: number): string {
  const [own, state] = [env['CLUSTER_UP_HOME'], env['XDG_STATE_HOME']];
  if (own) return path.resolve(own);
  // Where users of root's apps can get to.
  if (uid === 0) return '/var/lib/cluster-up';
  if (state) return path.resolve(state, 'cluster-up');
  return path.join(env['HOME'] ?? os.homedir(), '.local/state/cluster-up');
}
