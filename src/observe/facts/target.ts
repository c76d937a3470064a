/** Which revision an app is on its way to. */
import type { ObservedApp, ObservedWorker } from '../../model/observed.ts';
import type { AppSpec } from '../../model/spec.ts';
import { isCanary, isHeld } from './canary.ts';
import { isFinished } from './restart.ts';
import { isAvailable } from './workers.ts';

/** The revision that an empty slot gets: the desired one, or the stable one once the desired one has failed. */
export function target(app: ObservedApp): string {
  return gaveUp(app) && app.stable !== null ? app.stable.revision : app.spec.revision;
}

/** The desired revision is not tried any more, until the file changes. */
export function gaveUp({ rollout }: ObservedApp): boolean {
  return rollout?.state === 'rolled-back' || rollout?.state === 'paused';
}

/** The revision that a slot is to have now: while a canary is looked at, the others keep the stable one. */
export function slotTarget(app: ObservedApp, slot: number): string {
  if (app.stable === null || !isHeld(app) || isCanary(app, slot)) return target(app);
  return app.stable.revision;
}

/** Whether workers of other revisions are replaced; a paused rollout leaves them as they are. */
export function replaces(app: ObservedApp): boolean {
  return app.rollout?.state !== 'paused';
}

/**
 * Whether a worker is what its slot is to have. One that is unfit is not, but while a rollout is under way or paused
 * it counts as if it were: a revision whose workers never stay fit must not keep its own rollout from ending.
 */
export function isWanted(app: ObservedApp, worker: ObservedWorker): boolean {
  return worker.revision === slotTarget(app, worker.slot) && (worker.unfit === null || !replacesUnfit(app));
}

function replacesUnfit({ rollout }: ObservedApp): boolean {
  return rollout?.state === 'complete' || rollout?.state === 'rolled-back' || rollout?.state === 'failed';
}

/** Whether a revision can still get workers; nothing is remembered of any other. */
export function matters(app: ObservedApp, revision: string): boolean {
  return revision === target(app) || revision === app.stable?.revision;
}

/**
 * The spec that says when a worker of `revision` is ready. The stable revision keeps the one it became
 * stable with: an edit that brings `ready: message` and the code that sends it must not judge the old code.
 */
export function specOf(app: ObservedApp, revision: string): AppSpec {
  return app.stable?.revision === revision ? app.stable : app.spec;
}

/**
 * The target has shown that it works: it is the stable revision, or a worker of it is available or finished. Canaries
 * show nothing as long as they are looked at.
 */
export function isProven(app: ObservedApp, now: number): boolean {
  if (isHeld(app)) return false;
  const revision = target(app);
  if (revision === app.stable?.revision) return true;
  return (
    app.workers.some((worker) => worker.revision === revision && isAvailable(app, worker, now)) ||
    app.slots.some((record) => record.revision === revision && isFinished(app, record))
  );
}
