/** What is remembered of a worker's end. */
import type { Exit, ObservedApp, ObservedWorker, Rollout, SlotRecord } from '../../model/observed.ts';
import { duration, exitText } from '../../model/text.ts';
import { spend } from '../facts/budget.ts';
import { lose } from '../facts/canary.ts';
import { isHeldUp, isTimeout, MAX_FAILURES } from '../facts/failure.ts';
import { beforeReady } from '../facts/readiness.ts';
import { isFinished, slotRecord } from '../facts/restart.ts';
import { matters } from '../facts/target.ts';
import { isLive } from '../facts/workers.ts';
import { accountFor } from './reduce-drain.ts';

/** So many ends are kept for people to look back at. */
const MAX_EXITS = 10;

/** The process is gone. One that was asked to leave leaves no trace, unless that was because of itself. */
export function exited(app: ObservedApp, id: number, exit: Exit, at: number): ObservedApp {
  const worker = app.workers.find((candidate) => candidate.id === id);
  if (worker === undefined) return app;
  const workers = app.workers.filter((other) => other !== worker);
  const next = { ...app, workers, drains: accountFor(app, worker) };
  if (!isLive(worker)) return withTime(left(next, worker, exit, at), isHeldUp(app, at), at);
  const told = { ...exit, reason: reasonOf(app, worker, exit, at) };
  return remember(keep(next, worker, told, at), worker, told, at);
}

/** Its end was asked for. */
function left(app: ObservedApp, worker: ObservedWorker, exit: Exit, at: number): ObservedApp {
  if (worker.unfit === null) return withLastWords(app, worker, exit);
  return keep(app, worker, { ...exit, reason: `was replaced: it ${worker.unfit}` }, at);
}

/**
 * It is to be replaced though it runs. So soon after it was ready, that counts like an exit: what is unfit again and
 * again is replaced with growing delays. One that boots is stopped, and that is counted.
 */
export function unfit(app: ObservedApp, id: number, cause: string, at: number): ObservedApp {
  const worker = app.workers.find((candidate) => candidate.id === id);
  if (worker === undefined || !isLive(worker) || worker.unfit !== null) return app;
  const workers = app.workers.map((other) => (other === worker ? { ...worker, unfit: cause } : other));
  const next = { ...app, workers };
  if (worker.readyAt === null || isStableRun(app, worker, at)) return next;
  const exit: Exit = { code: null, signal: null, stderr: [], spawnError: null, reason: cause, unfit: true };
  return remember(next, worker, exit, at);
}

/** The worker is about to be stopped because it took too long, or is unfit: a boot that failed, though it has not ended yet. */
export function overdue(app: ObservedApp, worker: ObservedWorker, reason: string, at: number): ObservedApp {
  const how = worker.unfit === null ? {} : { unfit: true as const };
  const exit: Exit = { code: null, signal: null, stderr: [], spawnError: null, reason, ...how };
  return remember(keep(app, worker, exit, at), worker, exit, at);
}

function keep(app: ObservedApp, worker: ObservedWorker, exit: Exit, at: number): ObservedApp {
  const { id, pid, slot, revision } = worker;
  return { ...app, exits: [...app.exits, { at, slot, revision, worker: id, pid, exit }].slice(-MAX_EXITS) };
}

function remember(app: ObservedApp, worker: ObservedWorker, exit: Exit, at: number): ObservedApp {
  const { slot, revision } = worker;
  if (!matters(app, revision) || slot >= app.spec.instances) return app;
  const { restart } = app.spec;
  const before = slotRecord(app, slot, revision);
  // It was counted as it became unfit.
  const known = worker.unfit !== null && before?.worker === worker.id ? before : null;
  const isStable = isStableRun(app, worker, at);
  const unspent = before?.budget ?? { since: at, spent: 0 };
  const record: SlotRecord = {
    slot,
    revision,
    worker: worker.id,
    failures: known?.failures ?? (isStable ? 0 : (before?.failures ?? 0) + 1),
    budget: known?.budget ?? (isStable ? unspent : spend(app, before?.budget, at)),
    restarts: known?.restarts ?? (before?.restarts ?? 0) + 1,
    exitedAt: at,
    exit,
    done:
      // Whether it serves or not, it is to be replaced.
      (exit.unfit !== true || worker.readyAt === null) &&
      (!restart.auto || (exit.code !== null && restart.stopExitCodes.includes(exit.code))),
  };
  const slots = [...app.slots.filter((other) => other !== before), record].sort(bySlot);
  return { ...app, slots, rollout: known === null ? countFailure(app, worker, record) : app.rollout };
}

/** An exit soon after its boot speaks against the revision that is being rolled out. */
function countFailure(app: ObservedApp, worker: ObservedWorker, record: SlotRecord): Rollout | null {
  const { rollout } = app;
  if (rollout?.state !== 'progressing' || rollout.to !== record.revision) return rollout;
  if (isFinished(app, record)) return rollout;
  const { minReady } = app.spec.rollout;
  const wasAvailable = worker.readyAt !== null && worker.readyAt + minReady <= record.exitedAt;
  const canary = wasAvailable && record.exit.unfit !== true ? lose(app, worker, record.exit) : rollout.canary;
  const isProof = wasAvailable && isStableRun(app, worker, record.exitedAt);
  if (isProof && canary === rollout.canary) return rollout;
  return { ...rollout, canary, failures: [...rollout.failures, record.exit].slice(-MAX_FAILURES) };
}

/** An overdue worker was recorded before it ended; what it wrote last is known only now. */
function withLastWords(app: ObservedApp, worker: ObservedWorker, exit: Exit): ObservedApp {
  const past = app.exits.findLast((other) => other.worker === worker.id);
  if (past === undefined || !isTimeout(past.exit)) return app;
  const told = { ...past.exit, stderr: exit.stderr };
  const tell = (known: Exit): Exit => (known === past.exit ? told : known);
  return {
    ...app,
    exits: app.exits.map((other) => ({ ...other, exit: tell(other.exit) })),
    slots: app.slots.map((record) => ({ ...record, exit: tell(record.exit) })),
    rollout: app.rollout === null ? null : { ...app.rollout, failures: app.rollout.failures.map(tell) },
  };
}

/** A rollout that was held up by what still drained gets its time back. */
export function withTime(app: ObservedApp, wasHeldUp: boolean, at: number): ObservedApp {
  const { rollout } = app;
  if (rollout?.state !== 'progressing' || !wasHeldUp) return app;
  return { ...app, rollout: { ...rollout, progressAt: Math.max(rollout.progressAt, at) } };
}

function isStableRun(app: ObservedApp, worker: ObservedWorker, at: number): boolean {
  return worker.readyAt !== null && at - worker.readyAt >= app.spec.restart.minUptime;
}

function reasonOf(app: ObservedApp, worker: ObservedWorker, exit: Exit, at: number): string {
  const how = howItEnded(app, worker, exit, at);
  return exit.taken === undefined ? how : `${how}: ${exit.taken}`;
}

function howItEnded(app: ObservedApp, worker: ObservedWorker, exit: Exit, at: number): string {
  const text = exitText(exit);
  if (exit.spawnError !== null) return text;
  if (worker.readyAt === null) return `${text} ${beforeReady(app, worker.revision)}`;
  const uptime = at - worker.readyAt;
  const isEarly = uptime < Math.max(app.spec.restart.minUptime, app.spec.rollout.minReady);
  return isEarly ? `${text}, ${duration(uptime)} after it was ready` : text;
}

function bySlot(a: SlotRecord, b: SlotRecord): number {
  return a.slot - b.slot || (a.revision < b.revision ? -1 : 1);
}
