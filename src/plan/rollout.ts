/** Where a rollout begins, fails and completes. In between it is nothing but planning again and again. */
import type { ObservedApp } from '../model/observed.ts';
import type { BeginStep, CompleteStep, FailStep } from '../model/step.ts';
import { count } from '../model/text.ts';
import { isHeld, resumeAt } from '../observe/facts/canary.ts';
import { deadlineOf, failureCause, missingSlots } from '../observe/facts/failure.ts';
import { endedBadly, isNew, isToBegin } from '../observe/facts/attempt.ts';
import { failedPartner } from '../observe/facts/trade.ts';
import { live } from '../observe/facts/workers.ts';
import { rolloutCause } from './causes.ts';

/** A revision that was not tried yet; or one that failed, once the file has changed. */
export function begin(app: ObservedApp, generation: string): BeginStep[] {
  const { spec, stable } = app;
  if (!isToBegin(app, generation)) return [];
  const cause = isNew(app) ? newCause(app) : 'the file changed, so it is tried again';
  return [{ kind: 'begin', app: app.name, cause, from: stable?.revision ?? null, to: spec.revision }];
}

/** The rollout cannot succeed any more, by itself or by what it trades addresses with. */
export function fail(app: ObservedApp, apps: ReadonlyMap<string, ObservedApp>, now: number): FailStep[] {
  if (app.rollout?.state !== 'progressing') return [];
  const cause = failureCause(app, app.rollout, now) ?? tradeCause(app, apps);
  if (cause === null) return [];
  return [{ kind: 'fail', app: app.name, cause, revision: app.spec.revision, outcome: outcome(app) }];
}

function tradeCause(app: ObservedApp, apps: ReadonlyMap<string, ObservedApp>): string | null {
  const partner = failedPartner(app, apps);
  if (partner === undefined) return null;
  return `has to give ${partner.name} its address back, as that ${partner.rollout?.message ?? 'failed'}`;
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
  return rolloutCause(endedBadly(app) ? { ...app, rollout: null } : app);
}

/** Without another revision to go back to, the only way on is to keep trying. */
function outcome({ stable, spec }: ObservedApp): FailStep['outcome'] {
  if (stable === null || stable.revision === spec.revision) return 'failed';
  return spec.rollout.onFailure === 'pause' ? 'paused' : 'rolled-back';
}
