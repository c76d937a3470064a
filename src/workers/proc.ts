/** The processes of this machine, as /proc has them; none where there is no /proc, or it cannot be read. */
import { readdirSync, readFileSync } from 'node:fs';
import { withReserve } from './reserve.ts';

export interface Process {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Ticks since boot: together with its id, what no other process has. */
  readonly born: number;
}

/** All that have not ended. */
export function processes(): Process[] {
  if (process.platform !== 'linux') return [];
  return pids().flatMap((pid) => processOf(pid) ?? []);
}

function pids(): number[] {
  try {
    const names = withReserve(() => readdirSync('/proc'));
    return names.filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}

/** Null if it has ended, or only waits for its parent to notice. */
export function processOf(pid: number): Process | null {
  const stat = readProc(pid, 'stat');
  // proc(5): the name in parentheses may have any characters in it.
  const end = stat.lastIndexOf(')');
  const [state = '', ...numbers] = stat.slice(end + 2).split(' ');
  if (end < 0 || 'ZX'.includes(state)) return null;
  const [parent = 0, group = 0, session = 0] = numbers.slice(0, 3).map(Number);
  return {
    pid,
    name: stat.slice(stat.indexOf('(') + 1, end),
    parent,
    group,
    session,
    born: Number(numbers[18]),
  };
}

export function isSame(a: Pick<Process, 'pid' | 'born'>, b: Process | null): boolean {
  return a.pid === b?.pid && a.born === b.born;
}

/** A file of a process, empty if it has ended or may not be looked at. */
export function readProc(pid: number, file: 'stat' | 'environ' | 'cgroup' | 'status'): string {
  try {
    return withReserve(() => readFileSync(`/proc/${pid}/${file}`, 'latin1'));
  } catch {
    return '';
  }
}
