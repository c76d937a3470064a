/** What this machine has, for those who load a file on it. Everything below takes it as data. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { LoadOptions, Memory } from './options.ts';

export type Machine = Pick<LoadOptions, 'cores' | 'memory' | 'uid' | 'nodeVersion'>;

export function thisMachine(): Machine {
  const uid = process.getuid?.();
  return {
    cores: os.availableParallelism(),
    memory: memory(),
    ...(uid === undefined ? {} : { uid }),
    nodeVersion: process.version,
  };
}

/** What the cgroup of a container allows (version 2, then 1), or all that the machine has. */
function memory(): Memory {
  const files = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];
  const limits = files.map(readNumber).filter((limit) => limit !== null);
  const [all, limit] = [os.totalmem(), Math.min(...limits)];
  return limit < all ? { bytes: limit, of: 'its cgroup' } : { bytes: all, of: 'this machine' };
}

function readNumber(file: string): number | null {
  try {
    const number = Number(readFileSync(file, 'utf8'));
    return Number.isFinite(number) && number > 0 ? number : null;
  } catch {
    return null;
  }
}
