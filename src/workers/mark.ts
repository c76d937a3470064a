/**
 * What each process that a supervisor starts has in its environment, so that it is found where the lists in the state
 * folder were taken away: whose it is, and when it was started. What it starts itself inherits the mark, and is told
 * apart by its time of birth and by leading no group of its own.
 */
import { statSync } from 'node:fs';
import { constants } from 'node:os';
import type { StopSpec } from '../model/spec.ts';
import { MS_PER_TICK, orElse, pids, proc, textOf } from '../files/proc-fs.ts';
import type { Runner } from '../sockets/port-owner.ts';
import { bootTicks } from './background.ts';
import { isRecord } from './checks.ts';
import type { Launch } from './handle.ts';
import { isSame, processes, processOf, type Process } from './proc.ts';

/** The agent takes it out of what a worker in cluster mode sees. */
const MARK_ENV = 'CLUSTER_UP_MARK';

/** Who starts processes. */
export interface Owner {
  /** Absolute path of the ecosystem file. */
  readonly file: string;
  /** Where workers wait for the next supervisor if this one dies: this, a dot and their process id. */
  readonly rendezvous: string;
}

export type Mode = 'cluster' | 'fork';

/** A process whose supervisor has died. */
export type Marked = Pick<Process, 'pid' | 'born'> &
  Pick<StopSpec, 'killSignal' | 'killTimeout'> &
  Owner & { readonly mode: Mode };

type Written = Omit<Marked, 'pid' | 'born'> & {
  /** Of the supervisor. */
  readonly uid: number;
  readonly pid: number;
  readonly born: number;
  /** When it was started, in ticks since boot. */
  readonly at: number;
};

/** Between a look at the clock and the birth of a process, and what the clock of a busy machine is off by, in ticks. */
const SLACK = 5000 / MS_PER_TICK;

/** The variable that is it; undefined where the system does not tell processes apart. One that we have is not passed on. */
export function markOf({ spec }: Launch, owner: Owner): Record<string, string | undefined> {
  const own = processOf(process.pid);
  if (own === null) return { [MARK_ENV]: undefined };
  const { file, rendezvous } = owner;
  const { mode } = spec.process;
  const { killSignal, killTimeout } = spec.stop;
  const at = Math.round(bootTicks());
  const { pid, born } = own;
  const mark: Written = { file, mode, rendezvous, killSignal, killTimeout, uid: uid(), pid, born, at };
  return { [MARK_ENV]: JSON.stringify(mark) };
}

/** All processes of this user whose supervisor has died. */
export function markedOrphans(): Marked[] {
  const namespace = namespaceOf('self');
  return processes().flatMap(({ pid, born, group }) => {
    // One in another container has another supervisor in mind.
    if (group !== pid || namespaceOf(pid) !== namespace) return [];
    const mark = parseMark(textOf(`${pid}/environ`));
    if (mark === null || !isOurs(pid, mark) || isSame(mark, processOf(mark.pid))) return [];
    if (Math.abs(born - mark.at) > SLACK) return [];
    const { file, mode, rendezvous, killSignal, killTimeout } = mark;
    return [{ pid, born, file, mode, rendezvous, killSignal, killTimeout }];
  });
}

/** The supervisor of this user that the process is, or that has started it. */
export function runnerOf(pid: number): Runner | null {
  const marks = [pid, ...pids()].flatMap((each) => {
    const mark = parseMark(textOf(`${each}/environ`));
    return mark !== null && isOurs(each, mark) && [each, mark.pid].includes(pid) ? [mark] : [];
  });
  const isAlive = (mark: Written): boolean => isSame(mark, processOf(mark.pid));
  const mark = marks.find((one) => isAlive(one)) ?? marks.find((one) => one.pid !== pid);
  return mark === undefined ? null : { file: mark.file, pid: mark.pid, isAlive: isAlive(mark) };
}

/** @param environ as /proc has it: `NAME=value`, each with a NUL behind it */
export function parseMark(environ: string): Written | null {
  const begin = `${MARK_ENV}=`;
  const entry = environ.split('\0').find((text) => text.startsWith(begin));
  if (entry === undefined) return null;
  // Read as bytes.
  const text = Buffer.from(entry.slice(begin.length), 'latin1').toString('utf8');
  const value = orElse<unknown>(null, () => JSON.parse(text));
  return isWritten(value) ? value : null;
}

function isWritten(value: unknown): value is Written {
  if (!isRecord(value)) return false;
  const { file, rendezvous, mode, killSignal, killTimeout } = value;
  return (
    typeof file === 'string' &&
    typeof rendezvous === 'string' &&
    (mode === 'cluster' || mode === 'fork') &&
    typeof killSignal === 'string' &&
    Object.hasOwn(constants.signals, killSignal) &&
    [killTimeout, value['uid'], value['pid'], value['born'], value['at']].every(Number.isFinite)
  );
}

/**
 * Root can read what others have in their environment, and anybody may write there what he likes. Nobody else's sockets
 * are taken over; a program that root had started as another user can at the most be ended.
 */
function isOurs(pid: number, mark: Written): boolean {
  if (mark.uid !== uid()) return false;
  const owner = orElse(-1, () => statSync(`/proc/${pid}`).uid);
  return owner === uid() || (uid() === 0 && mark.mode === 'fork');
}

function namespaceOf(process: number | 'self'): string {
  return orElse('', () => proc.link(`${process}/ns/pid`));
}

function uid(): number {
  return process.geteuid?.() ?? -1;
}
