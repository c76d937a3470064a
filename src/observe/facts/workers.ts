/** What a process counts as. */
import type { ObservedApp, ObservedWorker } from '../../model/observed.ts';

/** Starting or online. A draining or stopping worker is leaving and counts for nothing. */
export function isLive(worker: ObservedWorker): boolean {
  return worker.status === 'starting' || worker.status === 'online';
}

/** Whether it may be answering requests: its word that it listens comes later than it does. */
export function mayListen({ givenAt, listeningAt }: ObservedWorker): boolean {
  return givenAt !== null || listeningAt !== null;
}

/** The live workers of an app. */
export function live(app: ObservedApp): ObservedWorker[] {
  return app.workers.filter(isLive);
}

/** The numbers of the slots that are wanted. */
export function wantedSlots(app: ObservedApp): number[] {
  const slots: number[] = [];
  for (let slot = 0; slot < app.spec.instances; slot += 1) slots.push(slot);
  return slots;
}

/**
 * How many more processes may be started before others are needed. Leaving workers still hold memory, so
 * what is done for the sake of a rollout waits for them.
 */
export function memoryLeft(app: ObservedApp): number {
  const { instances, rollout } = app.spec;
  return Math.max(0, 2 * instances + rollout.maxSurge - app.workers.length);
}

/** When a worker counts as available: `min_ready` after it became ready; null while it is not ready. */
export function availableFrom(app: ObservedApp, worker: ObservedWorker): number | null {
  if (worker.status !== 'online' || worker.readyAt === null) return null;
  return worker.readyAt + app.spec.rollout.minReady;
}

/** Ready for at least `min_ready`, and not leaving. */
export function isAvailable(app: ObservedApp, worker: ObservedWorker, now: number): boolean {
  const from = availableFrom(app, worker);
  return from !== null && from <= now;
}
