/** What must hold of the order of apps that depend on each other, told without the planner's own code. */
import type { Observed, ObservedApp } from '../../src/model/observed.ts';
import type { AppSpec, Dependency, Desired } from '../../src/model/spec.ts';
import type { Step } from '../../src/model/step.ts';
import { kindOf } from './scenario.ts';

/**
 * Throws if the step comes before its turn.
 *
 * @param makesWay it is about an app that makes way for what takes its place: that replaces it, like a rollout
 */
export function checkOrder(
  step: Step,
  observed: Observed,
  desired: Desired,
  now: number,
  makesWay: boolean,
): void {
  const app = observed.apps.find(({ name }) => name === step.app);
  if (app === undefined) return;
  if ((step.kind === 'start' || step.kind === 'begin') && isWaiting(app, observed, now)) {
    throw new Error('starts before what it depends on');
  }
  if (step.kind !== 'drain' && step.kind !== 'stop') return;
  const worker = app.workers.find(({ id }) => id === step.worker);
  const isLive = worker?.status === 'starting' || worker?.status === 'online';
  // One that is replaced, as it has grown too big, leaves nobody without it.
  const isReplaced = app.workers.some(
    (other) => other !== worker && other.slot === worker?.slot && other.status === 'online',
  );
  if (isLive && !makesWay && !isReplaced && isKept(app, observed, desired))
    throw new Error('leaves before what depends on it');
}

/** Nothing runs of it, and something that it depends on is not as it should be. */
export function isWaiting(app: ObservedApp, observed: Observed, now: number): boolean {
  const { spec, workers, slots, rollout } = app;
  if (spec.instances === 0 || workers.length > 0 || slots.length > 0) return false;
  if (rollout !== null && rollout.state !== 'complete') return false;
  return spec.dependsOn.some((dependency) => !isMet(dependency, observed, now));
}

function isMet({ app: name, until }: Dependency, observed: Observed, now: number): boolean {
  const app = observed.apps.find((other) => other.name === name);
  if (app === undefined || app.spec.instances === 0) return false;
  const isRolledBack = app.rollout?.state === 'rolled-back' || app.rollout?.state === 'paused';
  const wanted = isRolledBack ? app.stable?.revision : app.spec.revision;
  for (let slot = 0; slot < app.spec.instances; slot++) {
    // As the planner has it, the end of what takes the place of a listening server is no success.
    const hasEnded = app.slots.some(
      (record) =>
        record.slot === slot &&
        record.revision === wanted &&
        record.done &&
        record.exit.code === 0 &&
        (!app.listens || record.revision === app.stable?.revision),
    );
    const serves = app.workers.some(
      (worker) =>
        worker.slot === slot &&
        (until === 'started'
          ? worker.status === 'starting' || worker.status === 'online'
          : worker.status === 'online' &&
            worker.readyAt !== null &&
            worker.readyAt + app.spec.rollout.minReady <= now),
    );
    if (!hasEnded && (until === 'completed' || !serves)) return false;
  }
  return true;
}

/** It is to leave, and something that leaves as well and depends on it still has workers. */
export function isKept(app: ObservedApp, observed: Observed, desired: Desired): boolean {
  const leaves = (name: string): boolean => !desired.apps.some((s) => s.name === name && s.instances > 0);
  if (!leaves(app.name)) return false;
  const needs = (other: ObservedApp): string[] => {
    const direct = other.spec.dependsOn.map((dependency) => dependency.app);
    const further = observed.apps.filter(({ name }) => direct.includes(name)).flatMap(needs);
    return [...direct, ...further];
  };
  return observed.apps.some(
    (other) => other.workers.length > 0 && leaves(other.name) && needs(other).includes(app.name),
  );
}

/** Something below it is bad, or is not to run. */
export function isExcused(spec: AppSpec, desired: Desired): boolean {
  return spec.dependsOn.some(({ app }) => {
    const needed = desired.apps.find(({ name }) => name === app);
    if (needed === undefined || needed.instances === 0) return true;
    return !['good', 'job'].includes(kindOf(needed.revision)) || isExcused(needed, desired);
  });
}

/** Its work is done in every slot. */
export function checkJob(app: ObservedApp, spec: AppSpec): void {
  if (app.rollout?.state !== 'complete') throw new Error('the work is done, yet no convergence');
  const done = app.slots.filter((r) => r.revision === spec.revision && r.done && r.exit.code === 0);
  if (done.length !== spec.instances) throw new Error(`${done.length} of ${spec.instances} are done`);
}
