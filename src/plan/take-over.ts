/**
 * Apps that can never have an address side by side. A program in fork mode binds for itself and cannot wait, so it is
 * started once whoever has its port, and is to leave it, has ended. An app that left the file for such a one makes way
 * for it, and has its place back if it fails: only one of the two has a turn.
 */
import type { ObservedApp, ObservedWorker } from '../model/observed.ts';
import { declaredPorts, includesPort, type PortRange } from '../model/ports.ts';
import type { StartStep, Step, WorkerStep } from '../model/step.ts';
import { retireAll } from './leave.ts';
import { specOf, target } from './target.ts';
import { isLive } from './workers.ts';

export interface Others {
  /** As planned so far, by name. */
  readonly apps: ReadonlyMap<string, ObservedApp>;
  readonly isWanted: (name: string) => boolean;
}

/** For whom one that stays has to end now: it is tried, and cannot be while this one runs. */
export function makesWayFor(app: ObservedApp, apps: Others['apps']): ObservedApp[] {
  return successorsOf(app, apps).filter((other) => isTried(other) && isExclusive(other));
}

/** Ends all workers of one that makes way. */
export function makeWay(app: ObservedApp, apps: Others['apps']): WorkerStep[] {
  const [other] = makesWayFor(app, apps);
  return other === undefined ? [] : retireAll(app, `makes way for ${other.name}`);
}

/** One that has failed ends as a whole, where the app that made way for it is to have its place back. */
export function surrender(app: ObservedApp, { apps }: Others): WorkerStep[] {
  const [before] = app.rollout?.state === 'failed' ? losesTo(app, apps) : [];
  return before === undefined ? [] : retireAll(app, `${before.name} gets its place back`);
}

/** Whether an app has failed for good as another one has its place back. */
export function hasLost(app: ObservedApp, apps: Others['apps']): boolean {
  return losesTo(app, apps).length > 0;
}

/** The step as it is to be done beside other apps; null is not yet. */
export function besideOthers(step: Step, app: ObservedApp, others: Others): Step | null {
  if (step.kind === 'fail') {
    const inTheWay = whoIsInTheWay(app, app.spec.revision, others);
    return inTheWay.length > 0 && inTheWay.every((worker) => !isLive(worker)) ? null : step;
  }
  if (step.kind !== 'start') return step;
  const isHeldOff = whoIsInTheWay(app, step.revision, others).length > 0;
  if (isHeldOff || (step.revision === app.spec.revision && hasLost(app, others.apps))) return null;
  const [lost] = successorsOf(app, others.apps).filter((other) => hasFailed(other) && isExclusive(other));
  const cause = lost === undefined ? step.cause : `${lost.name} ${lost.rollout?.message ?? 'failed'}`;
  const clears = clearsFor(app, step.revision, others);
  return clears.length === 0 ? { ...step, cause } : { ...step, cause, clears };
}

/** Whether a program waited for this worker to end, as far as anybody can tell. */
export function wasInTheWay(app: ObservedApp, worker: ObservedWorker, other: ObservedApp): boolean {
  if (other.spec.process.mode !== 'fork' || other.workers.some((w) => w.revision === other.spec.revision))
    return false;
  return app.staysFor?.includes(other.name) === true || hasPort(worker, declaredPorts(other.spec));
}

/** Workers of other apps that have to end before one of `revision` is started. */
function whoIsInTheWay(app: ObservedApp, revision: string, others: Others): ObservedWorker[] {
  const isNew = revision === app.spec.revision;
  const isForked = specOf(app, revision).process.mode === 'fork';
  // Workers in cluster mode can wait.
  if (!isForked && app.staysFor === null) return [];
  const range = isForked ? declaredPorts(specOf(app, revision)) : null;
  return [...others.apps.values()].flatMap((other) => {
    if (other === app || other.name === app.name) return [];
    if (app.staysFor?.includes(other.name) === true)
      return other.workers.filter(
        (w) =>
          w.revision !== other.stable?.revision &&
          (isExclusive(other) || (isForked && w.listeningAt !== null)),
      );
    if (isNew && isForked && other.staysFor?.includes(app.name) === true) return other.workers;
    return other.workers.filter((w) => hasPort(w, range) && isLeaving(other, w, range, others));
  });
}

/** On its way out, or to a revision that has no use for these ports. */
function isLeaving(
  app: ObservedApp,
  worker: ObservedWorker,
  range: PortRange | null,
  others: Others,
): boolean {
  if (!isLive(worker)) return true;
  // One that stays may serve in its place meanwhile.
  if (!others.isWanted(app.name)) return true;
  const wanted = target(app);
  return worker.revision !== wanted && !overlap(declaredPorts(specOf(app, wanted)), range);
}

/** What is held for other apps, and has nobody left: of one that has lost its turn, or has no use for these ports. */
function clearsFor(app: ObservedApp, revision: string, { apps }: Others): NonNullable<StartStep['clears']> {
  const spec = specOf(app, revision);
  const range = spec.process.mode === 'fork' ? declaredPorts(spec) : null;
  if (spec.process.mode === 'cluster' && app.staysFor === null && !isExclusive(app)) return [];
  return [...apps.values()].flatMap((other) => {
    const isSuccessor = app.staysFor?.includes(other.name) === true;
    const isPair = isSuccessor || other.staysFor?.includes(app.name) === true;
    if (isPair && isExclusive(isSuccessor ? other : app)) return [{ app: other.name, ports: null }];
    const isOld = [other.spec, other.stable].some(
      (known) => known !== null && overlap(declaredPorts(known), range),
    );
    const hasLeft = isOld && !overlap(declaredPorts(specOf(other, target(other))), range);
    return hasLeft && other.name !== app.name ? [{ app: other.name, ports: range }] : [];
  });
}

/** Those that made way for an app that has failed, and can have their place back. */
function losesTo(app: ObservedApp, apps: Others['apps']): ObservedApp[] {
  if (!hasFailed(app) || !isExclusive(app)) return [];
  return [...apps.values()].filter((other) => other.staysFor?.includes(app.name) === true);
}

function successorsOf({ staysFor }: ObservedApp, apps: Others['apps']): ObservedApp[] {
  return (staysFor ?? []).flatMap((name) => apps.get(name) ?? []);
}

/**
 * It cannot be beside whoever has its address: it binds for itself, or a worker of it has met with what cannot be
 * shared. Where it has workers of another revision, those may be what that one met with.
 */
function isExclusive({ spec, rollout, workers }: ObservedApp): boolean {
  if (spec.process.mode === 'fork') return true;
  return rollout?.exclusive != null && workers.every(({ revision }) => revision === spec.revision);
}

function isTried({ rollout, spec }: ObservedApp): boolean {
  return rollout?.state === 'progressing' && rollout.to === spec.revision;
}

function hasFailed({ rollout, spec }: ObservedApp): boolean {
  const isOver = rollout?.state !== 'progressing' && rollout?.state !== 'complete';
  return rollout?.to === spec.revision && isOver;
}

/** It has shown that it works, so its place is its own: whoever made way for it cannot be back. */
export function hasTakenOver(app: ObservedApp): boolean {
  const { rollout, stable, spec } = app;
  return isExclusive(app) && rollout?.state === 'complete' && stable?.revision === spec.revision;
}

function hasPort(worker: ObservedWorker, range: PortRange | null): boolean {
  return range !== null && worker.ports.some((port) => includesPort(range, port));
}

function overlap(a: PortRange | null, b: PortRange | null): boolean {
  return a !== null && b !== null && a.first <= b.last && b.first <= a.last;
}
