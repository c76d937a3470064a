/** `cluster-up down`: drains everything, with progress, and is done when all has been seen to be gone. */
import { setTimeout as delay } from 'node:timers/promises';
import { Gone, type Client } from '../control/client.ts';
import { leaseOf } from '../control/find.ts';
import { Unreachable } from '../control/unreachable.ts';
import type { State } from '../model/state.ts';
import { count } from '../model/text.ts';
import { isSame, processOf, type Process } from '../workers/proc.ts';
import type { WaitFlags } from './apply.ts';
import { fail, nothingRuns, withSupervisor, type RemoteFlags } from './remote.ts';
import { printableLines } from './printable.ts';

/** How long what has been ended may take to be gone, in ms. */
const GRACE = 5000;
/** How long the process of a supervisor may take to be gone, in ms: it may be part of a program that lives on. */
const LAST_GRACE = 1000;
const STEP = 20;

type Show = (line: { readonly text: string }) => void;

/** With `--force`, how long a supervisor may take to answer, in ms: it may be busy without an end. */
const FORCE_AFTER = 5000;

export interface DownFlags extends RemoteFlags, WaitFlags {
  /** Kills a supervisor that does not answer, and ends what it ran. */
  readonly force: boolean;
}

export function down(flags: DownFlags): Promise<number> {
  const show: Show = ({ text }) => {
    if (flags.silent !== true) process.stdout.write(`${printableLines(text)}\n`);
  };
  return withSupervisor(
    flags,
    async (client, file) => {
      if (flags.force) await answered(client, file);
      const ended = await endBy(client, show);
      client.close();
      // What it had not ended when it died itself is ended like what any other has left.
      return endRest(file, ended, show);
    },
    async (file) => {
      const { intentsOf, leftBehind } = await import('../supervisor/takeover/left-behind.ts');
      const left = leftBehind(file).length;
      if (left === 0) {
        // Its apps may all have been stopped by hand: the next one is to begin anew.
        if (intentsOf(file).isThere) await endLeftBehind(file, show);
        return nothingRuns(file);
      }
      show({
        text: `cluster-up: ending ${count(left, 'process', 'processes')} of a supervisor that had died`,
      });
      return endRest(file, { supervisor: null, ran: [] }, show);
    },
    flags.force ? (file, pid) => kill(file, pid, show) : undefined,
  );
}

/** @throws Unreachable where it takes too long for somebody who uses force */
async function answered(client: Client, file: string): Promise<void> {
  const timer = new AbortController();
  const late = delay(FORCE_AFTER, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
  const first = await Promise.race([client.call('ping', {}).catch(ifGone), late]).finally(() =>
    timer.abort(),
  );
  const pid = first === 'late' ? leaseOf(file).holder() : null;
  if (pid !== null) throw new Unreachable(pid, 'stuck');
}

/** One that has ended meanwhile was able to. */
function ifGone(error: unknown): null {
  if (error instanceof Gone) return null;
  throw error;
}

/** What it ran is then ended like what any other has left. */
async function kill(file: string, pid: number, show: Show): Promise<number> {
  show({ text: `cluster-up: killing the supervisor (pid ${pid}), which does not answer` });
  // It may have ended meanwhile, and its number be another's.
  if (leaseOf(file).holder() === pid) process.kill(pid, 'SIGKILL');
  return endRest(file, { supervisor: pid, ran: [] }, show);
}

/** As a supervisor of the file that is to run nothing: so nobody else begins meanwhile, or ends the same. */
async function endLeftBehind(file: string, show: Show): Promise<void> {
  const { run } = await import('../supervisor/up.ts');
  const nothing = { file, generation: 'down', apps: [], orphanTimeout: 0 };
  const { running, other } = await run(nothing, { watch: false, say: show });
  if (running !== null) {
    await running.end();
    await running.ended;
    running.release();
    return;
  }
  await endBy(other, show);
  other.close();
}

interface Ended {
  readonly supervisor: number | null;
  readonly ran: readonly Process[];
}

/** Has the supervisor drain everything and end; resolves with all that ran. */
async function endBy(client: Client, show: Show): Promise<Ended> {
  let ended: Ended = { supervisor: null, ran: [] };
  try {
    const state = await client.call('state', {});
    ended = { supervisor: state.supervisor.pid, ran: processesOf(state) };
    await client.call('down', {}, (line) => show(line as { text: string }));
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
  }
  return ended;
}

async function endRest(file: string, { supervisor, ran }: Ended, show: Show): Promise<number> {
  const { leftBehind } = await import('../supervisor/takeover/left-behind.ts');
  const lease = leaseOf(file);
  const self = supervisor === null ? null : processOf(supervisor);
  await until(() => supervisor === null || lease.holder() !== supervisor);
  if (supervisor !== null && lease.holder() === supervisor)
    return fail(`the supervisor (pid ${supervisor}) was to end, and has not`);
  // One that has begun since was asked for by somebody else, and what was left is its own to end.
  const left = lease.holder() === null ? leftBehind(file) : [];
  if (left.length > 0) await endLeftBehind(file, show);
  const survivors = (): Pick<Process, 'pid' | 'born'>[] => [...ran, ...left].filter((each) => !isGone(each));
  await until(() => survivors().length === 0);
  const pids = survivors().map(({ pid }) => pid);
  if (pids.length > 0) return fail(`not all has ended: ${pids.join(', ')} (process ids) live on`);
  await until(() => self === null || isGone(self), LAST_GRACE);
  show({ text: 'cluster-up: down' });
  return 0;
}

function processesOf({ apps }: State): Process[] {
  const pids = apps.flatMap(({ workers }) => workers.map(({ pid }) => pid));
  return pids.flatMap((pid) => (pid === null ? [] : (processOf(pid) ?? [])));
}

function isGone(each: Pick<Process, 'pid' | 'born'>): boolean {
  return !isSame(each, processOf(each.pid));
}

/** Waits for it no longer than `grace`, in ms; whoever asked looks again. */
async function until(condition: () => boolean, grace = GRACE): Promise<void> {
  for (const since = performance.now(); !condition() && performance.now() - since < grace;) await delay(STEP);
}
