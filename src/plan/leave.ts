/** The way out of a process: drain, then stop, then kill; each by its time. */
import type { ObservedApp, ObservedWorker } from '../model/observed.ts';
import type { WorkerStep } from '../model/step.ts';
import { duration } from '../model/text.ts';
import { retire } from './retire.ts';
import { live } from './workers.ts';

/** Stopping workers whose time is up. */
export function kill(app: ObservedApp, now: number): WorkerStep[] {
  const cause = `did not end within ${duration(app.spec.stop.killTimeout)}`;
  return app.workers
    .filter((worker) => (killTime(app, worker) ?? Infinity) <= now)
    .map((worker) => ({ kind: 'kill', app: app.name, cause, worker: worker.id }));
}

/** Draining workers that have nothing in flight any more, or took too long. */
export function stopDrained(app: ObservedApp, now: number): WorkerStep[] {
  const late = `did not drain within ${duration(app.spec.stop.drainTimeout)}`;
  return app.workers
    .filter((worker) => worker.status === 'draining')
    .filter((worker) => worker.drainedAt !== null || (drainTime(app, worker) ?? Infinity) <= now)
    .map((worker) => ({
      kind: 'stop',
      app: app.name,
      cause: worker.drainedAt === null ? late : 'drained',
      worker: worker.id,
    }));
}

/** An app that left the file: every worker goes, whatever is available. */
export function retireAll(app: ObservedApp, cause: string): WorkerStep[] {
  return live(app).map((worker) => retire(app, worker, cause));
}

/** When leaving workers are due for their next step. */
export function leaveTimes(app: ObservedApp): number[] {
  return app.workers
    .flatMap((worker) => [drainTime(app, worker), killTime(app, worker)])
    .filter((t) => t !== null);
}

function drainTime(app: ObservedApp, worker: ObservedWorker): number | null {
  if (worker.status !== 'draining' || worker.drainingAt === null) return null;
  return worker.drainingAt + app.spec.stop.drainTimeout;
}

function killTime(app: ObservedApp, worker: ObservedWorker): number | null {
  if (worker.status !== 'stopping' || worker.stoppingAt === null || worker.killedAt !== null) return null;
  return worker.stoppingAt + app.spec.stop.killTimeout;
}
