/**
 * What Linux says of processes in /proc: the one place that knows its formats. Any of it may be missing, hidden from this
 * user (hidepid), or gone while it is looked at, and elsewhere there is none: then nothing is known, and nothing thrown.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What is asked of /proc, by paths below it; each may throw. */
export interface Proc {
  readonly text: (name: string) => string;
  readonly names: (folder: string) => readonly string[];
  readonly link: (name: string) => string;
}

export const proc: Proc = {
  text: (name) => readFileSync(`/proc/${name}`, 'latin1'),
  names: (folder) => readdirSync(`/proc/${folder}`),
  link: (name) => readlinkSync(`/proc/${name}`),
};

export interface Stat {
  readonly pid: number;
  readonly name: string;
  /** `Z` or `X`: it has ended. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** CPU time that it has used, in ms. */
  readonly used: number;
  /** Ticks since boot: together with its id, what no other process has. */
  readonly born: number;
}

/** USER_HZ, in which /proc counts time, is 100 on every Linux that Node runs on. */
export const MS_PER_TICK = 10;

/** Of the text of `PID/stat`, proc(5); null where it is none. */
export function parseStat(pid: number, text: string): Stat | null {
  // The name in parentheses may have any characters in it.
  const end = text.lastIndexOf(')');
  if (end < 0) return null;
  const fields = text.slice(end + 2).split(' ');
  const [parent = 0, group = 0, session = 0] = fields.slice(1, 4).map(Number);
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, end),
    state: fields[0] ?? '',
    parent,
    group,
    session,
    used: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    born: Number(fields[19]),
  };
}

/** In bytes, of the text of `PID/status`. */
export function parseResident(status: string): number {
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** All processes that are shown to us. */
export function pids({ names }: Pick<Proc, 'names'> = proc): number[] {
  return pidsAmong(orElse([], () => names('')));
}

export function pidsAmong(names: readonly string[]): number[] {
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Empty where it cannot be read. */
export function textOf(name: string, { text }: Pick<Proc, 'text'> = proc): string {
  return orElse('', () => text(name));
}

/** Whether the process is known to have one of these open, as its links name them: `socket:[4711]`. */
export function hasOpen(pid: number, targets: ReadonlySet<string>, { names, link }: Proc = proc): boolean {
  const folder = `${pid}/fd`;
  const fds = orElse([], () => names(folder));
  return fds.some((fd) => orElse(false, () => targets.has(link(`${folder}/${fd}`))));
}

/** All that the process is known to have open, as its links name it. */
export function openOf(pid: number | 'self', { names, link }: Pick<Proc, 'names' | 'link'> = proc): string[] {
  const folder = `${pid}/fd`;
  return orElse([], () => names(folder)).flatMap((fd) => orElse([], () => [link(`${folder}/${fd}`)]));
}

export function orElse<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
