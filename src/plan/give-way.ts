/** Old workers that leave before their successors start, which is what `max_unavailable` is for. */
import type { ObservedApp } from '../model/observed.ts';
import type { WorkerStep } from '../model/step.ts';
import { rolloutCause } from './causes.ts';
import { startableFrom } from './restart.ts';
import { dispensable, isBlocked, oldWorkers, retire } from './retire.ts';
import { isProven, isWanted, replaces, target } from './target.ts';
import { isAvailable, live, memoryLeft, wantedSlots } from './workers.ts';

/** With surge, nobody gives way before the target has proven itself: until then surge costs nobody anything. */
export function giveWay(app: ObservedApp, now: number): WorkerStep[] {
  const { rollout } = app.spec;
  if (!replaces(app)) return [];
  const inTheWay = blockedInTheWay(app, now);
  if (inTheWay.length > 0 || rollout.maxUnavailable === 0) return inTheWay;
  if (rollout.maxSurge > 0 && !isProven(app, now)) return [];
  const revision = target(app);
  const workers = live(app);
  const available = workers.filter((worker) => isAvailable(app, worker, now));
  const taken = new Set(workers.filter((w) => isWanted(app, w)).map((w) => w.slot));
  const leaving = oldWorkers(app, available)
    .filter((worker) => !isWanted(app, worker))
    // With surge, whoever is unfit serves until its successor does.
    .filter(({ unfit }) => unfit === null || rollout.maxSurge === 0)
    .filter(({ slot }) => !taken.has(slot) && (startableFrom(app, slot, revision) ?? Infinity) <= now)
    .map((worker) => retire(app, worker, worker.unfit ?? rolloutCause(app)));
  return dispensable(app, available, leaving).slice(0, successors(app));
}

/** One that is blocked serves nobody: where its successor lacks room, and nobody else is about to make any, it does. */
function blockedInTheWay(app: ObservedApp, now: number): WorkerStep[] {
  const { instances, rollout } = app.spec;
  const workers = live(app);
  if (workers.length < instances + rollout.maxSurge) return [];
  if (!workers.every((worker) => isAvailable(app, worker, now))) return [];
  const taken = new Set(workers.filter((w) => isWanted(app, w)).map((w) => w.slot));
  return oldWorkers(app, workers)
    .filter((worker) => isBlocked(worker) && !isWanted(app, worker) && !taken.has(worker.slot))
    .filter(({ slot }) => (startableFrom(app, slot, target(app)) ?? Infinity) <= now)
    .slice(0, 1)
    .map((worker) => retire(app, worker, worker.unfit ?? rolloutCause(app)));
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
