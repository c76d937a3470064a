/** The five properties of the planner, over generated schedules. See test/plan/rules.ts for the first three. */
import fc from 'fast-check';
import type { ObservedApp } from '../../src/model/observed.ts';
import type { AppSpec } from '../../src/model/spec.ts';
import { isAway } from './leavers.ts';
import { checkJob, isExcused, isKept, isWaiting } from './rules-order.ts';
import { kindOf, scenario, type Scenario } from './scenario.ts';
import { simulate, type End } from './simulate.ts';

/** In each of two files. `npm run test:schedules` has more. */
export const RUNS = schedules(125);

/** As many as `npm run test:schedules` asks for, or few. */
export function schedules(few: number): number {
  return Number(process.env['SCHEDULES'] ?? few);
}

/** Checks so many schedules; on failure fast-check prints the seed and the smallest story that fails. */
export function checkSchedules(numRuns: number, seed: number): void {
  fc.assert(
    fc.property(scenario, (story) => void playAndCheckEnd(story)),
    { numRuns, seed },
  );
}

/** Healthy workers mean convergence; a bad revision ends on the last stable one. */
export function playAndCheckEnd(story: Scenario): End {
  const end = simulate(story);
  const { desired, observed, now, isAtRest } = end;
  for (const app of observed.apps)
    if (!desired.apps.some(({ name }) => name === app.name)) checkLeaver(app, end);
  for (const spec of desired.apps) {
    const app = observed.apps.find(({ name }) => name === spec.name);
    if (app === undefined) throw new Error('a wanted app is missing');
    // Something that stays depends on it.
    if (end.leavers.size > 0 && isKept(app, observed, desired)) continue;
    if (!isWaiting(app, observed, now)) checkEnd(app, spec, isAtRest);
    else if (!isExcused(spec, desired)) throw new Error('healthy dependencies, yet it still waits');
  }
  return end;
}

/** It serves on because something that takes its place is bad, or waits, or since another one that stays depends on it. */
function checkLeaver(app: ObservedApp, { desired, observed, now, isAtRest, leavers }: End): void {
  const leaver = leavers.get(app.name);
  // It has ended, and is known of as long as others that stay depend on what it depends on.
  if (leaver === undefined && app.workers.length === 0 && isKept(app, observed, desired)) return;
  if (leaver === undefined) throw new Error('an app that left the file was never removed');
  if (!isAway(app, leaver, leavers, observed)) checkEnd(app, leaver.spec, isAtRest);
  const isBad = ({ name, revision }: AppSpec): boolean => {
    const other = observed.apps.find((candidate) => candidate.name === name);
    return kindOf(revision) !== 'good' || (other !== undefined && isWaiting(other, observed, now));
  };
  if (isKept(app, observed, desired)) return;
  if (!desired.apps.some((spec) => leaver.successors.has(spec.name) && isBad(spec)))
    throw new Error('an app stays although what takes its place is ready');
}

function checkEnd(app: ObservedApp, spec: AppSpec, isAtRest: boolean): void {
  const stable = app.stable?.revision ?? null;
  const state = app.rollout?.state;
  const kind = kindOf(spec.revision);
  // A flaky revision may be stable by luck: nothing can be said of it.
  if (kind === 'flaky' || (stable !== null && !['good', 'job'].includes(kindOf(stable)))) return;
  if (kind === 'job') return checkJob(app, spec);
  // A good revision whose canary met with an accident has gone back as a bad one would.
  const isUnlucky = app.rollout?.message?.endsWith(', as a canary') === true;
  if ((kind === 'good' && !isUnlucky) || spec.instances === 0) {
    if (state !== 'complete' || (stable !== spec.revision && spec.instances > 0))
      throw new Error('healthy workers, yet no convergence');
    return checkSlots(app, spec, [spec.revision]);
  }
  if (stable === null) {
    if (state !== 'failed') throw new Error('a bad first revision has not failed');
    return;
  }
  if (state !== 'rolled-back' && state !== 'paused') throw new Error('a bad revision was not rolled back');
  if (kindOf(stable) === 'job') return;
  checkSlots(app, spec, [stable]);
  if (!isAtRest && app.workers.length > spec.instances) throw new Error('rolled back, but not at rest');
}

function checkSlots(app: ObservedApp, spec: AppSpec, revisions: readonly string[]): void {
  const served = app.workers.filter((w) => w.status === 'online').map((w) => w.slot);
  const isPaused = app.rollout?.state === 'paused';
  const slots = new Set(served);
  if (slots.size !== spec.instances || served.some((slot) => slot >= spec.instances)) {
    throw new Error(`${served.length} workers serve instead of ${spec.instances}`);
  }
  if (!isPaused && app.workers.some((w) => !revisions.includes(w.revision))) {
    throw new Error('a worker of another revision is left');
  }
}
