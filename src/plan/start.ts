/** Which workers to start. */
import type { ObservedApp } from '../model/observed.ts';
import type { StartStep } from '../model/step.ts';
import { isCanary, isHeld } from '../observe/facts/canary.ts';
import { slotRecord } from '../observe/facts/restart.ts';
import { isWanted, replaces, slotTarget, target } from '../observe/facts/target.ts';
import { live, memoryLeft, wantedSlots } from '../observe/facts/workers.ts';
import { rolloutCause, scaleCause } from './causes.ts';
import { claim, type Claim, restore } from './restore.ts';

/** The workers to start now. */
export function start(app: ObservedApp, now: number): StartStep[] {
  return claims(app, now)
    .filter((claim) => claim.from <= now)
    .map(({ slot, revision }) => ({
      kind: 'start',
      app: app.name,
      cause: startCause(app, slot, revision),
      slot,
      revision,
    }));
}

/** When the workers that are held back by their backoff may start. */
export function startTimes(app: ObservedApp, now: number): number[] {
  return claims(app, now).map((claim) => claim.from);
}

/**
 * The slots that share what room there is, in the order they get it. One that waits for its backoff keeps
 * its place: the next slot would only repeat the failure at once.
 */
function claims(app: ObservedApp, now: number): Claim[] {
  const { instances, rollout } = app.spec;
  const room = Math.max(0, instances + rollout.maxSurge - live(app).length);
  const restored = restore(app, now);
  const { empty, shared } = openSlots(app, restored, now);
  const wanted = empty.flatMap((slot) => claim(app, [slot], slotTarget(app, slot)));
  const memory = Math.max(0, memoryLeft(app) - restored.length - wanted.length);
  const surge = shared.flatMap((slot) => claim(app, [slot], slotTarget(app, slot))).slice(0, memory);
  return [...restored, ...[...wanted, ...surge].slice(0, Math.max(0, room - restored.length))].slice(0, room);
}

/**
 * Slots without a live worker, and those whose worker (one of them may be about to start) awaits its
 * replacement: unhealthy first, then lowest.
 */
function openSlots(
  app: ObservedApp,
  restored: readonly Claim[],
  now: number,
): { empty: number[]; shared: number[] } {
  const workers = live(app);
  const settled = restored.filter(({ slot, revision }) => revision === slotTarget(app, slot));
  const taken = new Set([...settled, ...workers.filter((w) => isWanted(app, w))].map(({ slot }) => slot));
  const open = wantedSlots(app).filter((slot) => !taken.has(slot));
  if (open.length === 0) return { empty: [], shared: [] };
  const returning = restored.filter(({ from }) => from <= now);
  const occupied = new Set([...returning, ...workers].map(({ slot }) => slot));
  const healthy = new Set(
    workers.filter((w) => w.status === 'online' && w.failing === null).map((w) => w.slot),
  );
  const shared = replaces(app) ? open.filter((slot) => occupied.has(slot)) : [];
  return {
    empty: open.filter((slot) => !occupied.has(slot)),
    shared: shared.sort((a, b) => Number(healthy.has(a)) - Number(healthy.has(b)) || a - b),
  };
}

function startCause(app: ObservedApp, slot: number, revision: string): string {
  const unfit = app.workers.findLast((w) => w.slot === slot && w.revision === revision && w.unfit !== null);
  if (unfit?.unfit != null) return unfit.unfit;
  const record = slotRecord(app, slot, revision);
  if (record?.exit.reason !== undefined) return record.exit.reason;
  if (isHeld(app) && !isCanary(app, slot)) return `slot ${slot} waits for the canary of ${target(app)}`;
  if (revision !== target(app)) return `slot ${slot} needs a worker until ${target(app)} is ready`;
  return app.rollout?.state === 'complete' ? scaleCause(app) : rolloutCause(app);
}
