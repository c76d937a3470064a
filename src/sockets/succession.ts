/** Whose an address is that another app has taken over, while one of the two leaves. Pure. */
import type { Apps } from './verdict.ts';

export interface Owned {
  app: string;
  /** Another app that has it beside its own one, whose place it takes: it has it alone once that is gone. */
  successor: string | null;
}

/** The app has gone, or has no worker there as it asks: it takes nothing over. */
export function withdraw(owned: Owned, app: string): void {
  if (owned.successor === app) owned.successor = null;
}

/**
 * What has been taken over from its app is the other one's own from now on, also while no worker of that lives.
 *
 * @param workers the apps of those that have it open
 */
export function handOver(
  owned: Owned,
  workers: readonly string[],
  { isWanted, isStaying }: Pick<Apps, 'isWanted' | 'isStaying'>,
): void {
  const { app, successor } = owned;
  if (successor === null || workers.includes(app)) return;
  if (isWanted(successor) || isStaying(successor) || workers.includes(successor))
    Object.assign(owned, { app: successor, successor: null });
}
