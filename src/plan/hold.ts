/** Where the slots after the canaries wait, and where they follow. */
import type { ObservedApp } from '../model/observed.ts';
import type { CanaryStep } from '../model/step.ts';
import { canaryText, duration } from '../model/text.ts';
import { availableCanaries, canaries, isHeld, resumeAt } from '../observe/facts/canary.ts';

/** Every canary is available: the others wait from now on. */
export function hold(app: ObservedApp, now: number): CanaryStep[] {
  if (!isHeld(app) || app.rollout?.canary?.since !== null || availableCanaries(app, now) < canaries(app))
    return [];
  const { instances, rollout } = app.spec;
  const cause = canaryText(canaries(app), instances, rollout.canaryPause);
  return [{ kind: 'hold', app: app.name, cause, revision: app.spec.revision }];
}

/** The canaries have been up for long enough; or there are to be none any more. */
export function resume(app: ObservedApp, now: number): CanaryStep[] {
  const { rollout, spec } = app;
  if (rollout?.state !== 'progressing' || rollout.canary === null) return [];
  const isReady = availableCanaries(app, now) === canaries(app) && (resumeAt(app) ?? Infinity) <= now;
  if (isHeld(app) && !isReady) return [];
  const cause = isHeld(app)
    ? `the canary held for ${duration(spec.rollout.canaryPause)}`
    : 'there is no canary any more';
  return [{ kind: 'resume', app: app.name, cause, revision: spec.revision }];
}
