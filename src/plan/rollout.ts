/** Where a rollout begins, fails and completes. In between it is nothing but planning again and again. */
import type { ObservedApp } from '../model/observed.ts';
import type { BeginStep, CompleteStep, FailStep } from '../model/step.ts';
import { count } from '../model/text.ts';
import { isHeld, resumeAt } from './canary.ts';
import { rolloutCause } from './causes.ts';
import { deadlineOf, failureCause, missingSlots } from './failure.ts';
import { live } from './workers.ts';

/** A revision that was not tried yet; or one that failed, once the file has changed. */
export function begin(app: ObservedApp, generation: string): BeginStep[] {
  const { rollout, spec, stable } = app;
  const isNew = rollout?.to !== spec.revision || isUnproven(app);
  if (!isNew && (rollout.generation === generation || !hasFailed(app))) return [];
  const cause = isNew ? newCause(app) : 'the file changed, so it is tried again';
  return [{ kind: 'begin', app: app.name, cause, from: stable?.revision ?? null, to: spec.revision }];
}

/** The rollout cannot succeed any more. */
export function fail(app: ObservedApp, now: number): FailStep[] {
  if (app.rollout?.state !== 'progressing') return [];
  const cause = failureCause(app, app.rollout, now);
  if (cause === null) return [];
  return [{ kind: 'fail', app: app.name, cause, revision: app.spec.revision, outcome: outcome(app) }];
}

/** Every slot has its worker, and no other worker is left. */
export function complete(app: ObservedApp, now: number): CompleteStep[] {
  const { rollout, spec } = app;
  if (rollout?.state !== 'progressing' && rollout?.state !== 'failed') return [];
  const isStray = live(app).some((w) => w.revision !== spec.revision || w.slot >= spec.instances);
  if (isStray || isHeld(app) || missingSlots(app, now).length > 0) return [];
  return [{ kind: 'complete', app: app.name, cause: completeCause(app), revision: spec.revision }];
}

/** When the rollout fails unless something happens, and when its others follow the canaries. */
export function rolloutTimes(app: ObservedApp): number[] {
  if (app.rollout?.state !== 'progressing') return [];
  return [deadlineOf(app.rollout, app), resumeAt(app)].filter((time) => time !== null);
}

/** Its rollout completed when no worker was wanted; now there is one. */
function isUnproven({ rollout, spec, stable }: ObservedApp): boolean {
  return rollout?.state === 'complete' && stable?.revision !== spec.revision && spec.instances > 0;
}

function hasFailed({ rollout }: ObservedApp): boolean {
  return rollout?.state === 'failed' || rollout?.state === 'rolled-back' || rollout?.state === 'paused';
}

function completeCause(app: ObservedApp): string {
  const available = live(app).length;
  const done = app.spec.instances - available;
  const words = [
    available > 0 || done === 0 ? `${count(available, 'worker')} available` : '',
    done > 0 ? `${done} done` : '',
  ];
  return words.filter((word) => word !== '').join(', ');
}

/** The cause as if the failed rollout before this one had not been. */
function newCause(app: ObservedApp): string {
  return rolloutCause(hasFailed(app) ? { ...app, rollout: null } : app);
}

/** Without another revision to go back to, the only way on is to keep trying. */
function outcome({ stable, spec }: ObservedApp): FailStep['outcome'] {
  if (stable === null || stable.revision === spec.revision) return 'failed';
  return spec.rollout.onFailure === 'pause' ? 'paused' : 'rolled-back';
}
