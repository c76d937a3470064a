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

/**
 * Draining workers that have nothing in flight any more, or took too long; and those whose app can see to what is
 * left, its upgraded connections: they are signalled early, and have what remains of the drain for it.
 */
export function stopDrained(app: ObservedApp, now: number): WorkerStep[] {
  const late = `did not drain within ${duration(app.spec.stop.drainTimeout)}`;
  return app.workers
    .filter((worker) => worker.status === 'draining')
    .flatMap((worker): WorkerStep[] => {
      const cause = stopCause(worker, (drainTime(app, worker) ?? Infinity) <= now ? late : null);
      return cause === null ? [] : [{ kind: 'stop', app: app.name, cause, worker: worker.id }];
    });
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

function stopCause({ drainedAt, quietAt }: ObservedWorker, late: string | null): string | null {
  if (drainedAt !== null) return 'drained';
  return late ?? (quietAt === null ? null : 'only upgraded connections are left');
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
