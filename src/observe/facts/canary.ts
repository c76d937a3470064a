/** The canary: the first slots of a new revision, looked at for a while before the others follow. */
import type { Canary, Exit, ObservedApp, ObservedWorker } from '../../model/observed.ts';
import { exitText } from '../../model/text.ts';
import { isFinished } from './restart.ts';
import { availableFrom, isAvailable, isLive } from './workers.ts';

/** That of a rollout that begins: there is none where no stable revision could take its place. */
export function newCanary(app: ObservedApp): Canary | null {
  const isFirst = app.stable === null || app.stable.revision === app.spec.revision;
  return isFirst || canaries(app) === 0 ? null : { since: null, lost: null };
}

/** Only the canaries get the new revision: every other slot stays with, or gets, the stable one. */
export function isHeld(app: ObservedApp): boolean {
  const { rollout } = app;
  return rollout?.state === 'progressing' && rollout.canary !== null && canaries(app) > 0;
}

/** Whether the slot is one of those that get a new revision first: the lowest, so that it is the same ones each time. */
export function isCanary(app: ObservedApp, slot: number): boolean {
  return slot < canaries(app);
}

/** How many there are. */
export function canaries({ spec }: ObservedApp): number {
  return Math.min(spec.rollout.canary, spec.instances);
}

/**
 * When the others follow if the canaries stay up; null where nothing is held, or not yet. One that an edit has added
 * meanwhile has its own time.
 */
export function resumeAt(app: ObservedApp): number | null {
  const since = isHeld(app) ? (app.rollout?.canary?.since ?? null) : null;
  const times = app.workers
    .filter((worker) => isOwn(app, worker))
    .map((worker) => availableFrom(app, worker));
  if (since === null || times.includes(null)) return null;
  return Math.max(since, ...times.filter((time) => time !== null)) + app.spec.rollout.canaryPause;
}

/** Why the canary has failed: one that ended after it was available, or is to be replaced though it serves. */
export function canaryFailure(app: ObservedApp): string | null {
  if (!isHeld(app)) return null;
  const lost = app.rollout?.canary?.lost;
  if (lost != null) return `${lost.reason ?? exitText(lost)}, as a canary`;
  const unfit = app.workers.find((worker) => isOwn(app, worker) && worker.unfit !== null);
  return unfit === undefined ? null : `${unfit.unfit ?? ''}, as a canary`;
}

/** After the unasked end of a worker that was available. */
export function lose(app: ObservedApp, worker: ObservedWorker, exit: Exit): Canary | null {
  const canary = app.rollout?.canary ?? null;
  return canary === null || !isHeld(app) || !isOwn(app, worker) ? canary : { ...canary, lost: exit };
}

function isOwn(app: ObservedApp, worker: ObservedWorker): boolean {
  return worker.revision === app.spec.revision && isCanary(app, worker.slot);
}

/** How many canary slots have what they are to have. */
export function availableCanaries(app: ObservedApp, now: number): number {
  const there = [
    ...app.workers.filter((worker) => isLive(worker) && isAvailable(app, worker, now)),
    ...app.slots.filter((record) => isFinished(app, record)),
  ];
  const own = there.filter(({ revision, slot }) => revision === app.spec.revision && isCanary(app, slot));
  return new Set(own.map(({ slot }) => slot)).size;
}
