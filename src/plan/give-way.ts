/** Old workers that leave before their successors start, which is what `max_unavailable` is for. */
import type { ObservedApp } from '../model/observed.ts';
import type { WorkerStep } from '../model/step.ts';
import { rolloutCause } from './causes.ts';
import { startableFrom } from './restart.ts';
import { oldWorkers, retire, spare } from './retire.ts';
import { isProven, isWanted, replaces, slotTarget, specOf, target } from './target.ts';
import { isAvailable, live, memoryLeft, wantedSlots } from './workers.ts';

/** With surge, nobody gives way before the target has proven itself: until then surge costs nobody anything. */
export function giveWay(app: ObservedApp, now: number): WorkerStep[] {
  const { rollout } = app.spec;
  if (rollout.maxUnavailable === 0 || !replaces(app)) return [];
  if (rollout.maxSurge > 0 && !isProven(app, now)) return [];
  const workers = live(app);
  const available = workers.filter((worker) => isAvailable(app, worker, now));
  const taken = new Set(workers.filter((w) => isWanted(app, w)).map((w) => w.slot));
  return (
    oldWorkers(app, available)
      .filter((worker) => !isWanted(app, worker))
      // With surge, whoever is unfit serves until its successor does.
      .filter(({ unfit }) => unfit === null || rollout.maxSurge === 0)
      .filter(
        ({ slot }) =>
          !taken.has(slot) && (startableFrom(app, slot, slotTarget(app, slot)) ?? Infinity) <= now,
      )
      .slice(0, Math.min(spare(app, available), successors(app)))
      .map((worker) => retire(app, worker, worker.unfit ?? rolloutCause(app)))
  );
}

/** Workers of other revisions, once a worker waits for what they have open, or before a program binds it. */
export function yieldAll(app: ObservedApp): WorkerStep[] {
  if (!replaces(app)) return [];
  const revision = target(app);
  const others = live(app).filter((worker) => worker.revision !== revision);
  const waiting = live(app).find((worker) => worker.revision === revision && worker.blocked !== null);
  if (waiting !== undefined) {
    const cause = `worker ${waiting.id} waits for ${waiting.blocked ?? 'an address'}`;
    return others.map((worker) => retire(app, worker, cause));
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
