/** What apps that can never have an address side by side do for one another: make way, wait, give a place back. */
import type { ObservedApp, ObservedWorker } from '../model/observed.ts';
import { declaredPorts, type PortRange } from '../model/ports.ts';
import type { StartStep, Step, WorkerStep } from '../model/step.ts';
import { hasFailed } from '../observe/facts/attempt.ts';
import {
  hasLost,
  hasPort,
  isExclusive,
  losesTo,
  makesWayFor,
  overlap,
  knownSuccessors,
} from '../observe/facts/take-over.ts';
import { specOf, target } from '../observe/facts/target.ts';
import { isLive } from '../observe/facts/workers.ts';
import { retireAll } from './leave.ts';

export interface Others {
  /** As planned so far, by name. */
  readonly apps: ReadonlyMap<string, ObservedApp>;
  readonly isWanted: (name: string) => boolean;
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

/** The step as it is to be done beside other apps; null is not yet. */
export function besideOthers(step: Step, app: ObservedApp, others: Others): Step | null {
  if (step.kind === 'fail') {
    const inTheWay = whoIsInTheWay(app, app.spec.revision, others);
    return inTheWay.length > 0 && inTheWay.every((worker) => !isLive(worker)) ? null : step;
  }
  if (step.kind !== 'start') return step;
  const isHeldOff = whoIsInTheWay(app, step.revision, others).length > 0;
  if (isHeldOff || (step.revision === app.spec.revision && hasLost(app, others.apps))) return null;
  const [lost] = knownSuccessors(app, others.apps).filter((other) => hasFailed(other) && isExclusive(other));
  const cause = lost === undefined ? step.cause : `${lost.name} ${lost.rollout?.message ?? 'failed'}`;
  const clears = clearsFor(app, step.revision, others);
  return clears.length === 0 ? { ...step, cause } : { ...step, cause, clears };
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

/** What is held for other apps, and has nobody left: of one that has lost its turn, goes, or has no use for these ports. */
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
    const isDone =
      other.staysFor?.length === 0 || !overlap(declaredPorts(specOf(other, target(other))), range);
    return isOld && isDone && other.name !== app.name ? [{ app: other.name, ports: range }] : [];
  });
}
