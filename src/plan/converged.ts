/** Questions about the whole, for those who wait for it or report it. */
import type { Desired } from '../model/spec.ts';
import type { Outcome } from '../model/control.ts';
import type { Observed, ObservedApp } from '../model/observed.ts';
import { exitText } from '../model/text.ts';
import { isGivenUp } from './budget.ts';
import { waitOf, waitText, type Wait } from './depends.ts';
import { isFinished, slotRecord } from './restart.ts';
import { target } from './target.ts';
import { live, wantedSlots } from './workers.ts';

/** Whether every app runs what the file asks for, and no other does. Workers that drain do not count. */
export function isConverged(desired: Desired, observed: Observed, now: number): boolean {
  return (
    observed.apps.length === desired.apps.length &&
    desired.apps.every((spec) => {
      const app = observed.apps.find(({ name }) => name === spec.name);
      return app !== undefined && app.rollout?.to === spec.revision && appConverged(app, now);
    })
  );
}

function appConverged(app: ObservedApp, now: number): boolean {
  if (app.rollout?.state !== 'complete') return false;
  const { instances, rollout } = app.spec;
  if (app.workers.some((worker) => worker.status === 'starting')) return false;
  const filled = new Set<number>();
  for (const { slot, status, revision, readyAt } of app.workers) {
    if (status !== 'online') continue;
    if (revision !== app.rollout.to || slot >= instances) return false;
    if (readyAt !== null && readyAt + rollout.minReady <= now) filled.add(slot);
  }
  for (const { slot, done, revision } of app.slots) if (done && revision === app.rollout.to) filled.add(slot);
  return filled.size >= instances;
}

/**
 * How what was under way has ended; null while it has not. An app that was rolled back has ended once its stable
 * revision fills every slot; one that never came up has ended although it is tried again and again.
 */
export function outcome(desired: Desired, observed: Observed, now: number): Outcome | null {
  if (observed.apps.length !== desired.apps.length) return null;
  const problems: Outcome['problems'][number][] = [];
  for (const spec of desired.apps) {
    const app = observed.apps.find(({ name }) => name === spec.name);
    const wait = app === undefined ? null : waitOf(app, observed, now);
    if (app !== undefined && wait !== null) {
      if (!isInVain(wait, observed, now)) return null;
      problems.push({ app: app.name, message: waitText(wait, observed, now), stderr: [] });
      continue;
    }
    if (app?.rollout?.to !== spec.revision || app.rollout.generation !== desired.generation) return null;
    if (appConverged(app, now)) continue;
    const problem = problemOf(app);
    if (problem === null) return null;
    problems.push(problem);
  }
  return { converged: problems.length === 0, hopeless: isHopeless(desired, observed), problems };
}

/** What is waited for will not come by itself. */
function isInVain({ on }: Wait, observed: Observed, now: number): boolean {
  if (on === undefined || on.spec.instances === 0) return true;
  const next = waitOf(on, observed, now);
  return next === null ? problemOf(on) !== null : isInVain(next, observed, now);
}

function problemOf(app: ObservedApp): Outcome['problems'][number] | null {
  const { rollout, spec } = app;
  if (rollout === null || rollout.state === 'progressing') return null;
  if (rollout.state !== 'complete') {
    if (rollout.state === 'rolled-back' && !isBack(app)) return null;
    const online = app.workers.filter(({ status }) => status === 'online').length;
    if (rollout.state === 'paused' && online < spec.instances) return null;
    const message = `${rollout.to} ${STATE_TEXT[rollout.state]}: it ${rollout.message ?? 'failed'}`;
    return { app: app.name, message, stderr: rollout.failures.at(-1)?.stderr ?? [] };
  }
  const lost = app.slots.find((record) => isGivenUp(app, record));
  if (lost === undefined) return null;
  const message = `slot ${lost.slot} was given up: it ${lost.exit.reason ?? exitText(lost.exit)}`;
  return { app: app.name, message, stderr: lost.exit.stderr };
}

/** Whether the stable revision fills every slot again, but for those it was given up in, and no other one is left. */
function isBack(app: ObservedApp): boolean {
  const revision = target(app);
  if (live(app).some((worker) => worker.revision !== revision)) return false;
  return wantedSlots(app).every((slot) => {
    const record = slotRecord(app, slot, revision);
    const isOver = record !== undefined && (isFinished(app, record) || isGivenUp(app, record));
    return isOver || app.workers.some((worker) => worker.slot === slot && worker.status === 'online');
  });
}

const STATE_TEXT = { 'rolled-back': 'was rolled back', paused: 'is paused', failed: 'failed' } as const;

/** Whether no app serves anything: each one has failed the only rollout it had, or waits for such a one. */
export function isHopeless(desired: Desired, observed: Observed): boolean {
  const byName = new Map(observed.apps.map((app) => [app.name, app]));
  const isFailed = (name: string): boolean => {
    const app = byName.get(name);
    if (app === undefined) return false;
    if (app.rollout === null) return app.spec.dependsOn.some((dependency) => isFailed(dependency.app));
    const serves = app.workers.some((worker) => worker.status === 'online');
    return app.rollout.state === 'failed' && app.stable === null && !serves;
  };
  return (
    desired.apps.length > 0 &&
    desired.apps.every(({ name, revision }) => {
      const to = byName.get(name)?.rollout?.to ?? revision;
      return to === revision && isFailed(name);
    })
  );
}
