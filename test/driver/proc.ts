/** What the system says of processes. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly uid: number;
  readonly command: string;
}

export function processes(): Map<number, Process> {
  const all = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      const field = (key: string): string => new RegExp(`^${key}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const [pid, parent, uid] = [Number(name), Number(field('PPid')), Number(field('Uid'))];
      all.set(pid, { pid, parent, uid, state: field('State'), command });
    } catch {
      // It has ended meanwhile.
    }
  }
  return all;
}

/** Whether `pid` is `ancestor`, or was started by it or by what it has started. */
export function descends(
  all: ReadonlyMap<number, Process>,
  pid: number,
  ancestors: ReadonlySet<number>,
): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = all.get(at)?.parent) {
    if (ancestors.has(at)) return true;
  }
  return false;
}

export function cwdOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

export interface Size {
  /** Resident, in bytes. */
  readonly memory: number;
  readonly descriptors: number;
}

export function sizeOf(pid: number): Size {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    memory: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}
