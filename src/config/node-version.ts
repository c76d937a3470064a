/** What another Node than ours says that it is. */
import { statSync } from 'node:fs';
import { childProcess } from './lazy.ts';

/** By path and time of change: a file is loaded again and again, a Node seldom replaced. */
const known = new Map<string, string | null>();

/** `v22.1.0`; null if it cannot be run, or is no Node. */
export function nodeVersionOf(node: string): string | null {
  const key = `${node} ${statSync(node, { throwIfNoEntry: false })?.mtimeMs ?? 0}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const { stdout, error } = childProcess().spawnSync(node, ['--version'], {
    encoding: 'utf8',
    timeout: 5000,
  });
  const version = error === undefined ? (/^v\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? null) : null;
  known.set(key, version);
  return version;
}
