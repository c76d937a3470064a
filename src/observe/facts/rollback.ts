/** The way back to the stable revision after a rollout has failed. */
import type { ObservedApp, SlotRecord } from '../../model/observed.ts';
import { isGivenUp } from './budget.ts';
import { isFinished, slotRecord } from './restart.ts';
import { target } from './target.ts';
import { live, wantedSlots } from './workers.ts';

/** It was rolled back, and its stable revision does not serve yet wherever it can: it may need what others have of it. */
export function isOnItsWayBack(app: ObservedApp): boolean {
  return app.rollout?.state === 'rolled-back' && !fillsSlots(app, (record) => isGivenUp(app, record));
}

/**
 * Whether the revision that the app is to have is in every slot, and no other one is left.
 *
 * @param isLost whether a slot is to be left out, besides those whose work is done
 */
export function fillsSlots(app: ObservedApp, isLost: (record: SlotRecord) => boolean): boolean {
  const revision = target(app);
  if (live(app).some((worker) => worker.revision !== revision)) return false;
  return wantedSlots(app).every((slot) => {
    const record = slotRecord(app, slot, revision);
    const isOver = record !== undefined && (isFinished(app, record) || isLost(record));
    return isOver || app.workers.some((worker) => worker.slot === slot && worker.status === 'online');
  });
}
