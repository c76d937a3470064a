/** The way out of a process: drain, then stop, then kill; each by its time. */
import type { ObservedApp, ObservedWorker } from '../model/observed.ts';
import type { LeaveStep, WorkerStep } from '../model/step.ts';
import { duration } from '../model/text.ts';
import { readyText } from '../observe/facts/stay.ts';
import { hasTakenOver } from '../observe/facts/take-over.ts';
import { isLive, live } from '../observe/facts/workers.ts';
import { retire } from './retire.ts';

/** Stopping workers whose time is up. */
export function kill(app: ObservedApp, now: number): WorkerStep[] {
  return app.workers
    .filter((worker) => (killTime(app, worker) ?? Infinity) <= now)
    .map((worker) => {
      const cause = `did not end within ${duration(app.spec.stop.killTimeout)}`;
      return { kind: 'kill', app: app.name, cause, worker: worker.id };
    });
}

/**
 * Draining workers that have nothing in flight any more, or took too long; and those whose app can see to what is
 * left, its upgraded connections: they are signalled early, and have what remains of the drain for it.
 */
export function stopDrained(app: ObservedApp, now: number): WorkerStep[] {
  return app.workers
    .filter((worker) => worker.status === 'draining')
    .flatMap((worker): WorkerStep[] => {
      const cause = stopCause(app, worker, now);
      return cause === null ? [] : [{ kind: 'stop', app: app.name, cause, worker: worker.id }];
    });
}

/** An app that left the file: every worker goes, whatever is available. */
export function retireAll(app: ObservedApp, cause: string): WorkerStep[] {
  return live(app).map((worker) => retire(app, worker, cause));
}

/** It stays for nobody any more; says so where it has stayed for somebody. */
export function leave({ name, staysFor }: ObservedApp, apps: ReadonlyMap<string, ObservedApp>): LeaveStep[] {
  if (staysFor === null || staysFor.length === 0) return [];
  const over = staysFor.filter((other) => {
    const app = apps.get(other);
    return app !== undefined && hasTakenOver(app);
  });
  return [{ kind: 'leave', app: name, cause: readyText(over.length > 0 ? over : staysFor) }];
}

/** When leaving workers are due for their next step. */
export function leaveTimes(app: ObservedApp): number[] {
  return app.workers
    .filter((worker) => !isLive(worker))
    .flatMap((worker) => [drainTime(app, worker), killTime(app, worker)])
    .filter((t) => t !== null);
}

function stopCause(app: ObservedApp, worker: ObservedWorker, now: number): string | null {
  if (worker.drainedAt !== null) return 'drained';
  if ((drainTime(app, worker) ?? Infinity) <= now)
    return `did not drain within ${duration(app.spec.stop.drainTimeout)}`;
  return worker.quietAt === null ? null : 'only upgraded connections are left';
}

function drainTime(app: ObservedApp, worker: ObservedWorker): number | null {
  return worker.status === 'draining' ? drainEnd(app, worker) : null;
}

/** When it must have drained. */
function drainEnd(app: ObservedApp, { drainingAt }: ObservedWorker): number | null {
  return drainingAt === null ? null : drainingAt + app.spec.stop.drainTimeout;
}

function killTime(app: ObservedApp, worker: ObservedWorker): number | null {
  if (worker.status !== 'stopping' || worker.stoppingAt === null || worker.killedAt !== null) return null;
  // One that was signalled early still has its drain: the time for its end begins after it.
  const drained = worker.drainedAt ?? drainEnd(app, worker) ?? worker.stoppingAt;
  return Math.max(worker.stoppingAt, drained) + app.spec.stop.killTimeout;
}
