/** Old workers that leave before their successors start, which is what `max_unavailable` is for. */
import type { ObservedApp, ObservedWorker } from '../model/observed.ts';
import type { WorkerStep } from '../model/step.ts';
import { startableFrom } from '../observe/facts/restart.ts';
import {
  isProven,
  isWanted,
  matters,
  replaces,
  slotTarget,
  specOf,
  target,
} from '../observe/facts/target.ts';
import { isAvailable, live, memoryLeft, wantedSlots } from '../observe/facts/workers.ts';
import { rolloutCause } from './causes.ts';
import { restore } from './restore.ts';
import { oldWorkers, retire, spare } from './retire.ts';

/** With surge, nobody gives way before the target has proven itself: until then surge costs nobody anything. */
export function giveWay(app: ObservedApp, now: number): WorkerStep[] {
  const { rollout } = app.spec;
  if (rollout.maxUnavailable === 0 || !replaces(app)) return [];
  if (rollout.maxSurge > 0 && !isProven(app, now)) return [];
  const workers = live(app);
  const available = workers.filter((worker) => isAvailable(app, worker, now));
  const taken = new Set(workers.filter((w) => isWanted(app, w)).map((w) => w.slot));
  const canBeSucceeded = ({ slot }: ObservedWorker): boolean =>
    !taken.has(slot) && (startableFrom(app, slot, slotTarget(app, slot)) ?? Infinity) <= now;
  const leaving = oldWorkers(app, available)
    .filter((worker) => !isWanted(app, worker))
    // With surge, whoever is unfit serves until its successor does.
    .filter(({ unfit }) => unfit === null || rollout.maxSurge === 0)
    .filter(canBeSucceeded)
    .slice(0, Math.min(spare(app, available), successors(app)));
  return [...leaving, ...unready(app, now).filter(canBeSucceeded)].map((worker) =>
    retire(app, worker, worker.unfit ?? rolloutCause(app)),
  );
}

/** Without surge: those of the stable revision that serve nobody yet, and that nobody would bring back if they went. */
function unready(app: ObservedApp, now: number): ObservedWorker[] {
  if (app.spec.rollout.maxSurge > 0) return [];
  return live(app).filter((worker) => {
    if (isAvailable(app, worker, now) || worker.revision === slotTarget(app, worker.slot)) return false;
    const others = app.workers.filter((other) => other !== worker);
    return restore({ ...app, workers: others }, now).length === 0;
  });
}

/** Workers of other revisions, once a worker waits for what they have open, or before a program binds it. */
export function yieldAll(app: ObservedApp): WorkerStep[] {
  if (!replaces(app)) return [];
  const revision = target(app);
  const others = live(app).filter((worker) => worker.revision !== revision);
  const blocked = live(app).filter((worker) => worker.blocked !== null && matters(app, worker.revision));
  const waiting = blocked.find((worker) => worker.revision === revision) ?? blocked[0];
  if (waiting !== undefined) {
    const cause = `worker ${waiting.id} waits for ${waiting.blocked ?? 'an address'}`;
    // One of the stable revision, which is kept up meanwhile, waits for those of revisions that nobody wants any more.
    const left = others.filter((one) => waiting.revision === revision || !matters(app, one.revision));
    return left.map((worker) => retire(app, worker, cause));
  }
  const reason = app.rollout?.exclusive ?? null;
  if (reason === null || specOf(app, revision).process.mode !== 'fork') return [];
  return others.filter(({ mode }) => mode === 'cluster').map((worker) => retire(app, worker, reason));
}

/** How many of their successors could start at once: nobody leaves for one that has to wait. */
function successors(app: ObservedApp): number {
  const { instances, rollout } = app.spec;
  const workers = live(app);
  const occupied = new Set(workers.map((worker) => worker.slot));
  const empty = wantedSlots(app).filter((slot) => !occupied.has(slot)).length;
  if (workers.length + empty > instances + rollout.maxSurge) return 0;
  return Math.max(0, memoryLeft(app) - empty);
}
