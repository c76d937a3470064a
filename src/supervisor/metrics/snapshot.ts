/** Everything that the page of metrics is made from, at one moment. */
import type { Metrics } from '../../model/control.ts';
import type { DrainCounts } from '../../model/ledger.ts';
import type { ObservedApp } from '../../model/observed.ts';
import type { AppState, WorkerState } from '../../model/state.ts';
import type { LoopDelay } from '../../watchers/loop-delay.ts';
import type { Usage } from '../../watchers/processes.ts';
import type { AppTally, Tally } from './tally.ts';
import type { SlotTotals, Totals } from './totals.ts';

export interface Snapshot {
  /** Of cluster-up. */
  readonly version: string;
  readonly converged: boolean;
  /** The file as it is now was rejected. */
  readonly rejected: boolean;
  readonly plans: Plans;
  /** Of the supervisor's own event loop, in ms. */
  readonly loopDelay: LoopDelay;
  readonly apps: readonly AppSnapshot[];
}

/** How often it was planned, and how long that took in all. */
export interface Plans {
  readonly count: number;
  readonly seconds: number;
}

export interface AppSnapshot {
  readonly state: AppState;
  readonly workers: Readonly<Record<WorkerState, number>>;
  readonly tally: AppTally;
  /** What became of requests while their worker drained. */
  readonly drains: DrainCounts;
  readonly slots: readonly SlotSnapshot[];
}

export interface SlotSnapshot {
  readonly slot: number;
  /** Null where no process is known to the system. */
  readonly memory: number | null;
  readonly totals: SlotTotals | null;
  readonly inFlight: number;
  /** A worker did not answer, so what is said of it is what it told last; null where none can be asked. */
  readonly stale: boolean | null;
}

/** What was read for one page. */
export interface Read {
  readonly usage: ReadonlyMap<number, Usage>;
  readonly answers: Metrics;
  readonly tally: Tally;
  readonly totals: Totals;
}

export function appSnapshot(app: ObservedApp, state: AppState, read: Read): AppSnapshot {
  const workers = { starting: 0, online: 0, draining: 0, stopping: 0, backoff: 0, errored: 0, stopped: 0 };
  for (const { status } of state.workers) workers[status] += 1;
  return {
    state,
    workers,
    tally: read.tally.of(app.name),
    drains: app.drains.total,
    slots: slotsOf(app).map((slot) => slotSnapshot(app, slot, read)),
  };
}

/** Those that the app is to have, and those where a worker still is. */
export function slotsOf({ spec, workers }: ObservedApp): number[] {
  const wanted = Array.from({ length: spec.instances }, (_, slot) => slot);
  return [...new Set([...wanted, ...workers.map(({ slot }) => slot)])].sort((a, b) => a - b);
}

/** While workers take over from each other there are two in a slot: what they have is added up. */
function slotSnapshot(app: ObservedApp, slot: number, { usage, answers, totals }: Read): SlotSnapshot {
  const workers = app.workers.filter((worker) => worker.slot === slot);
  const memory = known(workers.map(({ pid }) => (pid === null ? null : usage.get(pid)?.memory)));
  const asked = workers.flatMap(({ id }) => answers[String(id)] ?? []);
  return {
    slot,
    memory: memory.length === 0 ? null : sum(memory),
    totals: totals.of({ app: app.name, slot }),
    inFlight: sum(known(workers.map(({ id }) => totals.inFlight(id)))),
    stale: asked.length === 0 ? null : asked.some(({ silentMs }) => silentMs !== null),
  };
}

function known(values: readonly (number | null | undefined)[]): number[] {
  return values.filter((value) => value !== null && value !== undefined);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
