/** A new revision that has proven nothing yet must not cost availability: the stable one is kept up meanwhile. */
import type { ObservedApp } from '../model/observed.ts';
import { isHeldOff } from '../observe/facts/exclusive.ts';
import { startableFrom } from '../observe/facts/restart.ts';
import { isProven } from '../observe/facts/target.ts';
import { isAvailable, isLive, wantedSlots } from '../observe/facts/workers.ts';

/** A slot that is entitled to a worker, and from when. */
export interface Claim {
  readonly slot: number;
  readonly revision: string;
  readonly from: number;
}

/** The entitlement of each of these slots, but for those that get no worker of `revision` any more, or not yet. */
export function claim(app: ObservedApp, slots: readonly number[], revision: string): Claim[] {
  return slots.flatMap((slot) => {
    const from = startableFrom(app, slot, revision);
    return from === null || isHeldOff(app, slot, revision) ? [] : [{ slot, revision, from }];
  });
}

/** Slots that are to get a worker of the stable revision back: soonest first, then empty ones, then lowest. */
export function restore(app: ObservedApp, now: number): Claim[] {
  const { stable, spec } = app;
  if (stable === null || isProven(app, now)) return [];
  // The two would only be in each other's way.
  if (app.rollout?.state === 'progressing' && app.rollout.exclusive !== null) return [];
  // Slots above the stable revision's own count never had a worker of it: they wait for the new one.
  const count = Math.min(spec.instances, stable.instances);
  const covered = coveredSlots(app, stable.revision, now);
  const bare = wantedSlots(app).filter((slot) => slot < count && !covered.has(slot));
  const missing = count - spec.rollout.maxUnavailable - (count - bare.length);
  if (missing <= 0) return [];
  const occupied = new Set(app.workers.filter(isLive).map((worker) => worker.slot));
  const wait = ({ from }: Claim): number => Math.max(0, from - now);
  const isTaken = ({ slot }: Claim): number => Number(occupied.has(slot));
  return claim(app, bare, stable.revision)
    .sort((a, b) => wait(a) - wait(b) || isTaken(a) - isTaken(b) || a.slot - b.slot)
    .slice(0, missing);
}

/** Slots with a live worker of the stable revision, or an available one of any. */
function coveredSlots(app: ObservedApp, stable: string, now: number): Set<number> {
  const covers = app.workers.filter(
    (worker) => isAvailable(app, worker, now) || (isLive(worker) && worker.revision === stable),
  );
  return new Set(covers.map((worker) => worker.slot));
}
