/** Finding every process that a test has started, through a variable that all of them inherit. */
import { readdirSync, readFileSync } from 'node:fs';

/** Of ours, or a second `up` of a test would bring another environment. */
const MARK = 'CLUSTER_UP_E2E_MARK';

export interface Found {
  readonly pid: number;
  readonly command: string;
}

export function markedEnv(mark: string): NodeJS.ProcessEnv {
  // Nothing of vitest's own environment, which differs from what a user has.
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), [MARK]: mark };
}

/** Processes that run with this mark; zombies have no environment and are not among them. */
export function marked(mark: string): Found[] {
  if (process.platform !== 'linux') return [];
  const found: Found[] = [];
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
      if (!environment.includes(`${MARK}=${mark}`)) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').join(' ').trim();
      found.push({ pid: Number(name), command });
    } catch {
      // It ended while we looked, or is another user's.
    }
  }
  return found;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    // Ended, but not yet collected by its parent.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}

/** The most memory that a process ever had, in bytes; 0 where the system does not say. */
export function memoryPeak(pid: number): number {
  if (process.platform !== 'linux') return 0;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
