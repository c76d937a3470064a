/** `max_restarts`: how many unstable exits a slot may have in a window before it is given up. */
import type { ObservedApp, SlotRecord } from '../../model/observed.ts';
import { MAX_BACKOFF } from '../../model/spec.ts';

type Budget = SlotRecord['budget'];

/** The slot stays empty until the file changes. */
export function isGivenUp(app: ObservedApp, { budget }: SlotRecord): boolean {
  const { maxRestarts } = app.spec.restart;
  return maxRestarts !== null && budget.spent > 0 && budget.spent >= maxRestarts;
}

/** After another unstable exit. The window begins with the first of them; what is older than it counts no more. */
export function spend(app: ObservedApp, before: Budget | undefined, at: number): Budget {
  const isOver = before === undefined || before.spent === 0 || at - before.since > budgetWindow(app);
  return isOver ? { since: at, spent: 1 } : { ...before, spent: before.spent + 1 };
}

/**
 * Room for twice as many starts as the budget has, each with its longest wait, its longest boot and `min_uptime` after
 * it. So a slot is given up, however long it waits or boots, if at least every other start is unstable.
 */
export function budgetWindow({ spec }: ObservedApp): number {
  const { maxRestarts, delay, minUptime } = spec.restart;
  const wait = delay > 0 ? delay : MAX_BACKOFF;
  const boot = spec.listenTimeout ?? spec.rollout.deadline;
  return 2 * (maxRestarts ?? 0) * (wait + boot + minUptime);
}
