/** Whether the desired revision is to be tried now. */
import type { ObservedApp } from '../../model/observed.ts';
import { gaveUp } from './target.ts';

/** It was not tried yet; or it failed, and the file has changed since. */
export function isToBegin(app: ObservedApp, generation: string): boolean {
  return isNew(app) || (hasFailed(app) && app.rollout?.generation !== generation);
}

/** It was not tried yet, or its rollout completed when no worker was wanted, and now one is. */
export function isNew({ rollout, spec, stable }: ObservedApp): boolean {
  const isUnproven =
    rollout?.state === 'complete' && stable?.revision !== spec.revision && spec.instances > 0;
  return rollout?.to !== spec.revision || isUnproven;
}

/** It was tried, and did not work. */
export function hasFailed(app: ObservedApp): boolean {
  return app.rollout?.to === app.spec.revision && endedBadly(app);
}

/** The last rollout, of whichever revision. */
export function endedBadly(app: ObservedApp): boolean {
  return app.rollout?.state === 'failed' || gaveUp(app);
}
