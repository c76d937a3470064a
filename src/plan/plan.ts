/** What to do next, from what is wanted and what is there. Nothing else in the project decides. */
import type { Observed, ObservedApp } from '../model/observed.ts';
import type { Desired } from '../model/spec.ts';
import type { Plan, Step } from '../model/step.ts';
import { bootTimes, judgeReady, stopOverdue } from './boot.ts';
import { hold, resume } from './canary.ts';
import { dependenciesFirst, heldBackBy, isStillNeeded } from './depends.ts';
import { giveWay, yieldAll } from './give-way.ts';
import { kill, leaveTimes, retireAll, stopDrained } from './leave.ts';
import { applyAppStep, applyDesired } from './reduce.ts';
import { makeRoom, retireAvailable, retireUseless } from './retire.ts';
import { begin, complete, fail, rolloutTimes } from './rollout.ts';
import { start, startTimes } from './start.ts';
import { awaited, leave } from './stay.ts';

/** Looks at an app and says which steps are due. */
type Stage = (app: ObservedApp, now: number, generation: string) => readonly Step[];

const beginNew: Stage = (app, _now, generation) => begin(app, generation);

/** In this order, so that each stage sees what the ones before it have decided. */
const STAGES: readonly Stage[] = [
  beginNew,
  judgeReady,
  kill,
  stopDrained,
  stopOverdue,
  fail,
  hold,
  resume,
  yieldAll,
  retireUseless,
  makeRoom,
  retireAvailable,
  complete,
  giveWay,
  start,
];

/** Of an app that is to have no worker, as long as others that leave depend on it. */
const STAYING: readonly Stage[] = [beginNew, judgeReady, kill, stopDrained];

interface AppPlan {
  /** As it is once the steps are done. */
  readonly app: ObservedApp;
  readonly steps: readonly Step[];
  readonly times: readonly number[];
}

/**
 * The next steps towards `desired`: apps in the file's order, but each after those that it depends on, then those that
 * left it by name; within an app begin, ready, kill, stop, fail, hold, resume, stop or drain (retire), complete, start. Level-triggered: it may be called at
 * any time with any state, and what it returns depends on nothing else. It never throws.
 */
export function plan(desired: Desired, observed: Observed, now: number): Plan {
  const current = new Map(applyDesired(observed, desired).apps.map((app) => [app.name, app]));
  const planned = new Map<string, AppPlan>();
  for (const app of dependenciesFirst(desired.apps.flatMap(({ name }) => current.get(name) ?? []))) {
    const isHeld = heldBackBy(app, planned, now) !== null;
    const stages = isHeld ? [] : isStillNeeded(app, desired, observed) ? STAYING : STAGES;
    planned.set(app.name, planApp(app, stages, desired.generation, now));
  }
  const wanted = [...planned.values()];
  const isArriving = wanted.some(({ app }) => app.stable === null && app.rollout?.state === 'progressing');
  for (const { name } of desired.apps) current.delete(name);
  const next = new Map(wanted.map(({ app }) => [app.name, app]));
  const gone = [...current.values()].map((app) => {
    if (awaited(app, next, now).length > 0) return planApp(app, STAGES, desired.generation, now);
    const isLeaving = !isStillNeeded(app, desired, observed);
    return planGoneApp(app, leave(app, next), desired, now, isLeaving, isArriving);
  });
  const all = [...wanted, ...gone];
  return { steps: all.flatMap(({ steps }) => steps), wakeAt: earliest(all, now) };
}

function planApp(app: ObservedApp, stages: readonly Stage[], generation: string, now: number): AppPlan {
  const planned = runStages(app, stages, generation, now);
  if (stages.length === 0) return { ...planned, times: [] };
  const times = [bootTimes, leaveTimes, startTimes, rolloutTimes].flatMap((times) => times(planned.app, now));
  return { ...planned, times };
}

/** One that stays for nobody. What it had is kept for as long as an app arrives that may ask for it. */
function planGoneApp(
  app: ObservedApp,
  leaves: readonly Step[],
  desired: Desired,
  now: number,
  isLeaving: boolean,
  isArriving: boolean,
): AppPlan {
  const cause = desired.because ?? 'no longer in the file';
  const retire: Stage = (gone) => (isLeaving ? retireAll(gone, cause) : []);
  const stages: readonly Stage[] = [() => leaves, kill, stopDrained, retire];
  const planned = runStages(app, stages, desired.generation, now);
  const remove: Step = { kind: 'remove', app: app.name, cause };
  const isEmpty = app.workers.length === 0 && isLeaving && !isArriving;
  return { app: planned.app, steps: isEmpty ? [remove] : planned.steps, times: leaveTimes(planned.app) };
}

function runStages(
  app: ObservedApp,
  stages: readonly Stage[],
  generation: string,
  now: number,
): Omit<AppPlan, 'times'> {
  const steps: Step[] = [];
  for (const stage of stages) {
    for (const step of stage(app, now, generation)) {
      app = applyAppStep(app, step, generation, now);
      steps.push(step);
    }
  }
  return { app, steps };
}

function earliest(plans: readonly AppPlan[], now: number): number | null {
  const times = plans.flatMap(({ times }) => times).filter((time) => time > now);
  return times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b));
}
