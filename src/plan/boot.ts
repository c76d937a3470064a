/** What becomes of a worker that is starting: ready, or overdue. */
import type { ObservedApp, ObservedWorker } from '../model/observed.ts';
import type { WorkerStep } from '../model/step.ts';
import { overdueAt, overdueCause, readyCause } from '../observe/facts/readiness.ts';
import { availableFrom, mayListen } from '../observe/facts/workers.ts';

/** Starting workers that are ready now. */
export function judgeReady(app: ObservedApp): WorkerStep[] {
  return starting(app).flatMap((worker) => {
    const cause = readyCause(app, worker);
    return cause === null ? [] : [{ kind: 'ready', app: app.name, cause, worker: worker.id }];
  });
}

/** Starting workers that took too long go, and those that are unfit already. */
export function stopOverdue(app: ObservedApp, now: number): WorkerStep[] {
  return starting(app)
    .filter((worker) => overdueAt(app, worker) <= now || worker.unfit !== null)
    .map((worker) => ({
      // It may be answering requests, although it is not ready.
      kind: mayListen(worker) ? 'drain' : 'stop',
      app: app.name,
      cause: worker.unfit ?? overdueCause(app, worker),
      worker: worker.id,
      overdue: true,
    }));
}

/** When a worker that boots is overdue, or one that is ready becomes available. */
export function bootTimes(app: ObservedApp): number[] {
  const available = app.workers.map((worker) => availableFrom(app, worker)).filter((time) => time !== null);
  return [...starting(app).map((worker) => overdueAt(app, worker)), ...available];
}

function starting(app: ObservedApp): ObservedWorker[] {
  return app.workers.filter((worker) => worker.status === 'starting');
}
