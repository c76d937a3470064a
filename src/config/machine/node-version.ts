/** What another Node than ours says that it is. */
import { statSync } from 'node:fs';
import { atOnce } from '../../files/calls.ts';
import { leave, placeOf } from '../../files/place.ts';
import { isShared, isTrusted, us } from '../../files/trust.ts';
import { childProcess } from '../../shared/lazy.ts';

/** By path and time of change: a file is loaded again and again, a Node seldom replaced. */
const known = new Map<string, string | null>();
/** Who owns nothing. */
const NOBODY = 65_534;

/** `v22.1.0`; null if it cannot be run, or is no Node. */
export function nodeVersionOf(node: string): string | null {
  const key = `${node} ${statSync(node, { throwIfNoEntry: false })?.mtimeMs ?? 0}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const { stdout, error } = childProcess().spawnSync(node, ['--version'], {
    encoding: 'utf8',
    timeout: 5000,
    killSignal: 'SIGKILL',
    maxBuffer: 4096,
    ...(us.uid === 0 ? asOwner(node) : {}),
  });
  const version = error === undefined ? (/^v\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? null) : null;
  known.set(key, version);
  return version;
}

/** Root runs what anybody else may have put there as that user, and without root's environment. */
function asOwner(node: string): object {
  try {
    const place = atOnce(placeOf(node, { follow: true }));
    atOnce(leave(place));
    const { uid, gid, mode } = statSync(node);
    const isRoots = place.shared === null && isTrusted(uid, us) && !isShared({ uid, gid, mode }, us);
    return isRoots ? {} : { uid: uid === 0 ? NOBODY : uid, gid: gid === 0 ? NOBODY : gid, env: {}, cwd: '/' };
  } catch {
    return { uid: NOBODY, gid: NOBODY, env: {}, cwd: '/' };
  }
}
