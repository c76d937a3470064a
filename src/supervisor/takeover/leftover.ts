/** A process that a dead supervisor has left, and that cannot be asked to go: it is signalled, as its app wants it. */
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { StopSpec } from '../../model/spec.ts';
import { isSame, processOf, type Process } from '../../workers/proc.ts';
import { Tree } from '../../workers/tree.ts';

/** A process id is used again; together with when it was born it is not. */
export type Leftover = Pick<Process, 'pid' | 'born'> & Pick<StopSpec, 'killSignal' | 'killTimeout'>;

/** Where nothing is known of the app, as in a list that an earlier version has written; in ms. */
export const OTHERWISE = { killSignal: 'SIGTERM', killTimeout: 5000 } as const;
/** How long the kernel may take to end what was killed, in ms. */
const AFTER_KILL = 2000;
const STEP = 50;

export function isAlive(left: Pick<Process, 'pid' | 'born'>): boolean {
  return left.pid > 1 && isSame(left, processOf(left.pid));
}

/** Its signal, its time, then SIGKILL, each to all that it has started; resolves once it is gone, or will not go. */
export async function endLeftover(left: Leftover): Promise<void> {
  if (!isAlive(left)) return;
  const tree = new Tree(left.pid);
  tree.signal(left.killSignal);
  await gone(left, left.killTimeout);
  // What it leaves behind ends with it.
  tree.signal('SIGKILL');
  await gone(left, AFTER_KILL);
}

/** One line of a list. */
export function lineOf({ pid, born, killSignal, killTimeout }: Leftover): string {
  return `${pid} ${born} ${killSignal} ${killTimeout}\n`;
}

export function parseLine(line: string): Leftover {
  const [pid, born, signal = '', timeout] = line.split(' ');
  const killSignal = Object.hasOwn(constants.signals, signal)
    ? (signal as NodeJS.Signals)
    : OTHERWISE.killSignal;
  const killTimeout = timeout === undefined ? OTHERWISE.killTimeout : Number(timeout);
  return { pid: Number(pid), born: Number(born), killSignal, killTimeout };
}

async function gone(left: Leftover, within: number): Promise<void> {
  for (const since = performance.now(); isAlive(left) && performance.now() - since < within;)
    await delay(STEP);
}
