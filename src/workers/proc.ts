/** The processes of this machine, looked at also where no descriptor is free; none where there is no /proc. */
import { parseStat, pids, proc, textOf, type Proc, type Stat } from '../files/proc-fs.ts';
import { withReserve } from '../files/reserve.ts';

export type Process = Pick<Stat, 'pid' | 'name' | 'parent' | 'group' | 'session' | 'born'>;

const reserved: Proc = {
  text: (name) => withReserve(() => proc.text(name)),
  names: (folder) => withReserve(() => proc.names(folder)),
  link: (name) => proc.link(name),
};

/** All that have not ended. */
export function processes(from: Proc = reserved): Process[] {
  if (process.platform !== 'linux') return [];
  return pids(from).flatMap((pid) => processOf(pid, from) ?? []);
}

/** Null if it has ended, or only waits for its parent to notice. */
export function processOf(pid: number, from: Proc = reserved): Process | null {
  const stat = parseStat(pid, textOf(`${pid}/stat`, from));
  if (stat === null || 'ZX'.includes(stat.state)) return null;
  const { name, parent, group, session, born } = stat;
  return { pid, name, parent, group, session, born };
}

export function isSame(a: Pick<Process, 'pid' | 'born'>, b: Process | null): boolean {
  return a.pid === b?.pid && a.born === b.born;
}

/** A file of a process, empty if it has ended or may not be looked at. */
export function readProc(pid: number, file: 'cgroup' | 'status'): string {
  return textOf(`${pid}/${file}`, reserved);
}
