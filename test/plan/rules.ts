/** What must hold of every step and every pause, told without the planner's own code. */
import type { Observed, ObservedApp, ObservedWorker, SlotRecord } from '../../src/model/observed.ts';
import type { AppSpec, Desired } from '../../src/model/spec.ts';
import { isAway, isLosing, type Leavers } from './leavers.ts';
import { isKept, isWaiting } from './rules-order.ts';
import type { Step } from '../../src/model/step.ts';

/** Throws if the step must not be done now. `app` is as it was before the step. */
export function checkStep(step: Step, app: ObservedApp | undefined, desired: Desired, now: number): void {
  const spec = desired.apps.find(({ name }) => name === step.app);
  if (spec === undefined || app === undefined) return;
  if (step.kind === 'start') checkStart(step, app, spec);
  if (step.kind === 'drain' || step.kind === 'stop') {
    const worker = app.workers.find(({ id }) => id === step.worker);
    if (worker === undefined) throw new Error('retires a worker that does not exist');
    const isBlocked = worker.failing?.kind === 'loop';
    if (isBlocked && step.kind === 'drain') throw new Error('drains a worker that cannot');
    if (isAvailable(worker, spec, now)) checkRetire(worker, app, spec, now);
  }
  if (step.kind === 'resume') checkResume(app, spec, now);
  if (step.kind === 'ready' || step.kind === 'kill') {
    if (!app.workers.some(({ id }) => id === step.worker))
      throw new Error('names a worker that does not exist');
  }
}

function checkStart(step: Step & { kind: 'start' }, app: ObservedApp, spec: AppSpec): void {
  const { maxSurge } = spec.rollout;
  const living = app.workers.filter(isLive);
  if (living.length >= spec.instances + maxSurge) throw new Error('a start brings live above N + S');
  if (step.slot >= spec.instances) throw new Error('starts a worker in a slot that is not wanted');
  if (living.some((w) => w.slot === step.slot && w.revision === step.revision && w.unfit === null)) {
    throw new Error('two workers of one revision in one slot');
  }
  const isSurge = step.revision === spec.revision && living.some((w) => w.slot === step.slot);
  if (isSurge && app.workers.length >= 2 * spec.instances + maxSurge) throw new Error('surge beyond 2N + S');
  if (step.revision !== spec.revision && step.revision !== app.stable?.revision) {
    throw new Error('starts a revision that is neither wanted nor stable');
  }
  if (isHeld(app, spec) && step.revision === spec.revision && step.slot >= spec.rollout.canary) {
    throw new Error('starts a revision beside its canaries');
  }
}

/** The others follow once all canaries have been available for the pause. */
function checkResume(app: ObservedApp, spec: AppSpec, now: number): void {
  if (!isHeld(app, spec)) return;
  const { canary, canaryPause, minReady } = spec.rollout;
  for (let slot = 0; slot < Math.min(canary, spec.instances); slot++) {
    const hasHeld = app.workers.some(
      (w) =>
        w.slot === slot &&
        w.revision === spec.revision &&
        w.status === 'online' &&
        (w.readyAt ?? Infinity) + minReady + canaryPause <= now,
    );
    const isDone = app.slots.some((r) => r.slot === slot && r.revision === spec.revision && r.done);
    if (!hasHeld && !isDone) throw new Error('goes on though a canary has not held');
  }
}

function checkRetire(worker: ObservedWorker, app: ObservedApp, spec: AppSpec, now: number): void {
  if (!spec.restart.auto) return; // Jobs serve nobody.
  const available = app.workers.filter((other) => isAvailable(other, spec, now));
  if (available.length - 1 < spec.instances - spec.rollout.maxUnavailable) {
    throw new Error('a retirement brings available below N - U');
  }
  const isOld = worker.revision !== spec.revision && worker.slot < spec.instances;
  const isUnproven = !available.some(({ revision }) => revision === spec.revision);
  const isDoubled = available.some((other) => other.slot === worker.slot && other !== worker);
  if (isHeld(app, spec) && worker.slot < spec.instances && !isDoubled) {
    const wanted = worker.slot < spec.rollout.canary ? spec.revision : app.stable?.revision;
    if (worker.revision === wanted) throw new Error('what a canary waits with is replaced');
  }
  const isForward = app.rollout?.state === 'progressing' && app.stable?.revision !== spec.revision;
  if (isOld && isUnproven && !isDoubled && isForward && spec.rollout.maxSurge > 0) {
    throw new Error('a revision that has proven nothing costs a healthy old worker');
  }
}

/** Throws if the plan is empty though something could be done. */
export function checkPause(
  observed: Observed,
  desired: Desired,
  now: number,
  wakeAt: number | null,
  leavers: Leavers,
  isExempt: (app: ObservedApp) => boolean = () => false,
): void {
  if (wakeAt !== null && wakeAt <= now) throw new Error('wakes up in the past');
  for (const app of observed.apps) {
    if (isExempt(app)) continue;
    checkIds(app);
    // One that stays is kept as it was.
    const spec = desired.apps.find(({ name }) => name === app.name) ?? leavers.get(app.name)?.spec;
    if (wakeAt === null) checkLeaving(app);
    if (!leavers.has(app.name) && isKept(app, observed, desired)) continue;
    const leaver = leavers.get(app.name);
    if (isLosing(app, leavers) || (leaver !== undefined && isAway(app, leaver, leavers, observed))) continue;
    if (spec === undefined) checkGone(app);
    else if (!isWaiting(app, observed, now)) {
      checkCover(app, spec, now);
      if (wakeAt === null && app.workers.every(isLive)) checkAtRest(app, spec, now);
    }
  }
}

function checkIds(app: ObservedApp): void {
  app.workers.reduce((last, { id }) => {
    if (id <= last) throw new Error('ids are not unique and sorted');
    return id;
  }, -1);
}

/** Without a wake-up only those are waited for that were killed. */
function checkLeaving(app: ObservedApp): void {
  if (app.workers.some((w) => !isLive(w) && w.killedAt === null)) throw new Error('a worker never leaves');
}

function checkGone(app: ObservedApp): void {
  if (app.workers.some(isLive)) throw new Error('an app that left the file still has live workers');
}

/** While the new revision proves itself, the stable one covers N - U slots, but for those in backoff. */
function checkCover(app: ObservedApp, spec: AppSpec, now: number): void {
  const { stable } = app;
  // Jobs serve nobody.
  if (!spec.restart.auto || stable === null || stable.revision === spec.revision) return;
  const covers = app.workers.filter(
    (w) => isAvailable(w, spec, now) || (isLive(w) && w.revision === stable.revision),
  );
  if (!isHeld(app, spec) && covers.some((w) => w.revision === spec.revision)) return;
  const count = Math.min(spec.instances, stable.instances);
  const { delay } = spec.restart;
  const covered = new Set(covers.map(({ slot }) => slot).filter((slot) => slot < count));
  const isHeldBack = (r: SlotRecord): boolean => r.failures > 1 || isGivenUp(r, spec) || delay > 0;
  const excused = app.slots.filter(
    (r) => r.revision === stable.revision && r.slot < count && !covered.has(r.slot) && isHeldBack(r),
  );
  if (covered.size + excused.length >= count - spec.rollout.maxUnavailable) return;
  throw new Error('an unproven revision leaves slots empty that the stable one should cover');
}

/** With nothing to wait for, each slot is as desired or given up, and nothing else runs. */
function checkAtRest(app: ObservedApp, spec: AppSpec, now: number): void {
  const wanted = app.rollout?.state === 'rolled-back' ? app.stable?.revision : spec.revision;
  const isPaused = app.rollout?.state === 'paused';
  for (let slot = 0; slot < spec.instances; slot++) {
    const fits = (revision: string): boolean => isPaused || revision === wanted;
    const isServed = app.workers.some(
      (w) => w.slot === slot && fits(w.revision) && isAvailable(w, spec, now),
    );
    const isLeft = app.slots.some((r) => r.slot === slot && (r.done || isGivenUp(r, spec)));
    if (!isServed && !isLeft) throw new Error(`at rest, but slot ${slot} is empty`);
  }
  const isSettled = app.rollout?.state === 'complete' || app.rollout?.state === 'rolled-back';
  const isTriedAgain = (slot: number): boolean => app.slots.some((r) => r.slot === slot && r.failures > 0);
  if (isSettled && app.workers.some((w) => w.unfit !== null && !isTriedAgain(w.slot))) {
    throw new Error('at rest, but an unfit worker was not replaced');
  }
  const strays = app.workers.filter(
    (w) => isLive(w) && (w.slot >= spec.instances || (!isPaused && w.revision !== wanted)),
  );
  const hasGivenUp = app.slots.some((r) => isGivenUp(r, spec));
  if (strays.length > 0 && !hasGivenUp) throw new Error('at rest, but a worker runs that is not wanted');
}

function isGivenUp({ budget }: SlotRecord, { restart }: AppSpec): boolean {
  return budget.spent >= (restart.maxRestarts ?? Infinity);
}

function isHeld({ rollout, stable }: ObservedApp, spec: AppSpec): boolean {
  const isUnderWay = rollout?.state === 'progressing' && rollout.to === spec.revision;
  return isUnderWay && rollout.canary !== null && stable !== null && spec.rollout.canary > 0;
}

function isLive(worker: ObservedWorker): boolean {
  return worker.status === 'starting' || worker.status === 'online';
}

function isAvailable(worker: ObservedWorker, spec: AppSpec, now: number): boolean {
  return worker.status === 'online' && (worker.readyAt ?? Infinity) + spec.rollout.minReady <= now;
}
