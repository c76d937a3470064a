/** What this machine has, for those who load a file on it. Everything below takes it as data. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { accounts } from './accounts.ts';
import { cpuLimit, memoryLimit } from './cgroup-limits.ts';
import { nodeVersionOf } from './node-version.ts';
import type { LoadOptions, Memory } from '../read/options.ts';

export type Machine = Pick<
  LoadOptions,
  'cores' | 'memory' | 'uid' | 'accounts' | 'nodeVersion' | 'versionOf'
>;

export function thisMachine(): Machine {
  const uid = process.getuid?.();
  return {
    cores: cores(),
    memory: memory(),
    ...(uid === undefined ? {} : { uid }),
    accounts,
    nodeVersion: process.version,
    versionOf: nodeVersionOf,
  };
}

/**
 * Node before 22.12 does not see what a container may use of them. Rounded down as later ones do it: a worker without
 * a core of its own only makes the others wait.
 */
function cores(): number {
  const all = os.availableParallelism();
  return Math.max(1, Math.floor(Math.min(all, cpuLimit(read) ?? all)));
}

function memory(): Memory {
  const [all, limit] = [os.totalmem(), memoryLimit(read)];
  return limit !== null && limit < all
    ? { bytes: limit, of: 'its cgroup' }
    : { bytes: all, of: 'this machine' };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
