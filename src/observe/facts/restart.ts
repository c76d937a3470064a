/** What happens to a slot after an exit that nobody asked for. */
import type { ObservedApp, SlotRecord } from '../../model/observed.ts';
import { restartDelay } from './backoff.ts';
import { isGivenUp } from './budget.ts';

/** What is remembered of `revision` in `slot`. */
export function slotRecord(app: ObservedApp, slot: number, revision: string): SlotRecord | undefined {
  return app.slots.find((record) => record.slot === slot && record.revision === revision);
}

/** From when a worker of `revision` may be started in `slot`; null is never. */
export function startableFrom(app: ObservedApp, slot: number, revision: string): number | null {
  const record = slotRecord(app, slot, revision);
  if (record === undefined) return -Infinity;
  if (record.done || isGivenUp(app, record)) return null;
  return record.exitedAt + restartDelay(app, record);
}

/**
 * Its work is done, so the slot counts as available without a worker. An exit code that means failure is
 * no success even where nothing is restarted, and neither is the end of what replaces a listening server.
 */
export function isFinished(app: ObservedApp, record: SlotRecord): boolean {
  const { code } = record.exit;
  if (!record.done || code === null) return false;
  if (app.listens && record.revision !== app.stable?.revision) return false;
  return code === 0 || app.spec.restart.stopExitCodes.includes(code);
}

/** Whether the slot needs no worker of `revision` because its work is done. */
export function slotIsFinished(app: ObservedApp, slot: number, revision: string): boolean {
  const record = slotRecord(app, slot, revision);
  return record !== undefined && isFinished(app, record);
}
