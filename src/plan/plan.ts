/** What to do next, from what is wanted and what is there. Nothing else in the project decides. */
import type { Observed, ObservedApp } from '../model/observed.ts';
import type { Desired } from '../model/spec.ts';
import type { Plan, Step } from '../model/step.ts';
import { dependenciesFirst, heldBackBy, stillNeeded } from '../observe/facts/depends.ts';
import { awaited } from '../observe/facts/stay.ts';
import { makesWayFor } from '../observe/facts/take-over.ts';
import { hasOpenTrade } from '../observe/facts/trade.ts';
import { applyDesired } from '../observe/reduce/reduce-desired.ts';
import { applyAppStep } from '../observe/reduce/reduce.ts';
import { besideOthers, makeWay, surrender, type Others } from './beside-others.ts';
import { bootTimes, judgeReady, stopOverdue } from './boot.ts';
import { giveWay, yieldAll } from './give-way.ts';
import { hold, resume } from './hold.ts';
import { kill, leave, leaveTimes, retireAll, stopDrained } from './leave.ts';
import { makeRoom, retireAvailable, retireUseless } from './retire.ts';
import { begin, complete, fail, rolloutTimes } from './rollout.ts';
import { start, startTimes } from './start.ts';

/** Looks at an app and says which steps are due. */
type Stage = (app: ObservedApp, now: number, generation: string, others: Others) => readonly Step[];

const beginNew: Stage = (app, _now, generation) => begin(app, generation);

/** In this order, so that each stage sees what the ones before it have decided. */
const STAGES: readonly Stage[] = [
  beginNew,
  judgeReady,
  kill,
  stopDrained,
  stopOverdue,
  (app, now, _generation, { apps }) => fail(app, apps, now),
  (app, _now, _generation, others) => surrender(app, others),
  hold,
  resume,
  yieldAll,
  retireUseless,
  makeRoom,
  retireAvailable,
  (app, now, _generation, { apps }) => (hasOpenTrade(app, apps, now) ? [] : complete(app, now)),
  giveWay,
  start,
];

/** Of an app that is to have no worker, as long as others that leave depend on it. */
const STAYING: readonly Stage[] = [beginNew, judgeReady, kill, stopDrained];

/** Of an app that stays for another one which cannot be beside it. */
const MAKING_WAY: readonly Stage[] = [
  kill,
  stopDrained,
  (app, _now, _generation, { apps }) => makeWay(app, apps),
];

interface AppPlan {
  /** As it is once the steps are done. */
  readonly app: ObservedApp;
  readonly steps: readonly Step[];
  readonly times: readonly number[];
  /** Whether something is not started because of another app. */
  readonly isHeldOff: boolean;
}

/**
 * The next steps towards `desired`: apps in the file's order, but each after those that it depends on, then those that
 * left it by name; within an app in the order of `STAGES`. Level-triggered: it may be called at any time with any
 * state, and what it returns depends on nothing else. It never throws.
 */
export function plan(desired: Desired, observed: Observed, now: number): Plan {
  const { generation } = desired;
  const apps = new Map(applyDesired(observed, desired).apps.map((app) => [app.name, app]));
  const wanted = new Set(desired.apps.map(({ name }) => name));
  const others: Others = { apps, isWanted: (name) => wanted.has(name) };
  const needed = stillNeeded(desired, observed);
  const planned = new Map<string, AppPlan>();
  const add = (plan: AppPlan): void => {
    planned.set(plan.app.name, plan);
    apps.set(plan.app.name, plan.app);
  };
  for (const app of dependenciesFirst(desired.apps.flatMap(({ name }) => apps.get(name) ?? []))) {
    const isHeld = heldBackBy(app, planned, now) !== null;
    const stages = isHeld ? [] : needed.has(app.name) ? STAYING : STAGES;
    add(planApp(app, stages, generation, now, others));
  }
  const isArriving = [...planned.values()].some(
    ({ app }) => app.stable === null && app.rollout?.state === 'progressing',
  );
  for (const app of [...apps.values()].filter(({ name }) => !wanted.has(name))) {
    if (awaited(app, apps, now).length > 0) {
      const stages = makesWayFor(app, apps).length > 0 ? MAKING_WAY : STAGES;
      add(planApp(app, stages, generation, now, others));
    } else {
      const isLeaving = !needed.has(app.name);
      add(planGoneApp(app, desired, now, others, isLeaving, isArriving));
    }
  }
  // Whoever was held off by one that leaves with this very plan.
  for (const plan of [...planned.values()].filter(({ isHeldOff }) => isHeldOff)) {
    const { app, steps } = runStages(plan.app, [start], generation, now, others);
    planned.set(app.name, { ...plan, app, steps: [...plan.steps, ...steps] });
  }
  const all = [...planned.values()];
  return { steps: all.flatMap(({ steps }) => steps), wakeAt: earliest(all, now) };
}

function planApp(
  app: ObservedApp,
  stages: readonly Stage[],
  generation: string,
  now: number,
  others: Others,
): AppPlan {
  const planned = runStages(app, stages, generation, now, others);
  if (stages.length === 0) return { ...planned, times: [] };
  const { app: then } = planned;
  const times = [...bootTimes(then), ...leaveTimes(then), ...startTimes(then, now), ...rolloutTimes(then)];
  return { ...planned, times };
}

/** One that stays for nobody. What it had is kept for as long as an app arrives that may ask for it. */
function planGoneApp(
  app: ObservedApp,
  desired: Desired,
  now: number,
  others: Others,
  isLeaving: boolean,
  isArriving: boolean,
): AppPlan {
  const cause = desired.because ?? 'no longer in the file';
  const retire: Stage = (gone) => (isLeaving ? retireAll(gone, cause) : []);
  const stages: readonly Stage[] = [(gone) => leave(gone, others.apps), kill, stopDrained, retire];
  const planned = runStages(app, stages, desired.generation, now, others);
  const remove: Step = { kind: 'remove', app: app.name, cause };
  const isEmpty = app.workers.length === 0 && isLeaving && !isArriving;
  const steps = isEmpty ? [...planned.steps, remove] : planned.steps;
  return { ...planned, steps, times: leaveTimes(planned.app) };
}

function runStages(
  app: ObservedApp,
  stages: readonly Stage[],
  generation: string,
  now: number,
  others: Others,
): Omit<AppPlan, 'times'> {
  const steps: Step[] = [];
  let isHeldOff = false;
  for (const stage of stages) {
    for (const due of stage(app, now, generation, others)) {
      const step = besideOthers(due, app, others);
      isHeldOff ||= step === null;
      if (step === null) continue;
      app = applyAppStep(app, step, generation, now);
      steps.push(step);
    }
  }
  return { app, steps, isHeldOff };
}

function earliest(plans: readonly AppPlan[], now: number): number | null {
  let first = Infinity;
  for (const { times } of plans) for (const time of times) if (time > now && time < first) first = time;
  return first === Infinity ? null : first;
}
