/**
 * Revisions that cannot run side by side, because one needs an address that the other has: the earlier one leaves as a
 * whole before the later one serves, whatever `max_unavailable` says, and the same on the way back.
 */
import type { ObservedApp } from '../../model/observed.ts';
import { specOf } from './target.ts';
import { isLive, wantedSlots } from './workers.ts';

/**
 * Why that is known of a rollout before it begins, one clause; null where it is not. A program in fork mode binds for
 * itself what the supervisor holds for workers in cluster mode. In cluster mode a worker can wait for an address, so
 * it is seen once one does.
 */
export function exclusiveFromStart({ stable, spec, listens }: ObservedApp): string | null {
  const isForked = stable?.process.mode === 'cluster' && spec.process.mode === 'fork';
  return isForked && listens ? 'fork mode cannot share a port with cluster mode' : null;
}

/**
 * Whether a worker must not be started yet. Without surge a process in fork mode has its slot, and with it perhaps a
 * port, to itself, so the one before has to have ended; and so do workers in cluster mode that have listened.
 */
export function isHeldOff(app: ObservedApp, slot: number, revision: string): boolean {
  if (specOf(app, revision).process.mode !== 'fork') return false;
  const { maxSurge } = app.spec.rollout;
  return app.workers.some(
    (worker) =>
      (worker.mode === 'cluster' && worker.listeningAt !== null) ||
      (maxSurge === 0 && worker.mode === 'fork' && worker.slot === slot && !isLive(worker)),
  );
}

/** Whether the rollout waits for workers that have been told to leave. */
export function waitsForLeaving(app: ObservedApp): boolean {
  return wantedSlots(app).some((slot) => isHeldOff(app, slot, app.spec.revision));
}
