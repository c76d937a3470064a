/** The drain ledger: what is remembered of workers that were retired, and summed per app and rollout. */
import type { DrainCounts, Drains } from '../../model/ledger.ts';
import type { ObservedApp, ObservedWorker } from '../../model/observed.ts';

/** So many retired workers are remembered one by one. */
const MAX_RETIRED = 16;

const NOTHING: DrainCounts = {
  inFlight: 0,
  arrived: 0,
  finished: 0,
  aborted: 0,
  cutOff: 0,
  closedIdle: 0,
};

export const NO_DRAINS: Drains = { total: NOTHING, rollout: NOTHING, retired: [] };

/** A rollout begins: its sum starts anew. */
export function countAnew(drains: Drains): Drains {
  return { ...drains, rollout: NOTHING };
}

/** The worker has ended. One that was never drained has no ledger, and a program in fork mode keeps none. */
export function accountFor(app: ObservedApp, worker: ObservedWorker): Drains {
  const { drains, rollout, spec } = app;
  const { id, slot, revision, pid, drainingAt, ledger } = worker;
  if (drainingAt === null || spec.process.mode !== 'cluster') return drains;
  const isOfRollout = rollout !== null && drainingAt >= rollout.startedAt;
  return {
    total: sum(drains.total, ledger),
    rollout: isOfRollout ? sum(drains.rollout, ledger) : drains.rollout,
    retired: [...drains.retired, { id, slot, revision, pid, ledger }].slice(-MAX_RETIRED),
  };
}

function sum(a: DrainCounts, b: DrainCounts | null): DrainCounts {
  if (b === null) return a;
  return {
    inFlight: a.inFlight + b.inFlight,
    arrived: a.arrived + b.arrived,
    finished: a.finished + b.finished,
    aborted: a.aborted + b.aborted,
    cutOff: a.cutOff + b.cutOff,
    closedIdle: a.closedIdle + b.closedIdle,
  };
}
