/**
 * Apps that can never have an address side by side. A program in fork mode binds for itself and cannot wait, so it is
 * started once whoever has its port, and is to leave it, has ended. An app that left the file for such a one makes way
 * for it, and has its place back if it fails: only one of the two has a turn.
 */
import type { ObservedApp, ObservedWorker } from '../../model/observed.ts';
import { declaredPorts, includesPort, type PortRange } from '../../model/ports.ts';
import { hasFailed } from './attempt.ts';

type Apps = ReadonlyMap<string, ObservedApp>;

/** For whom one that stays has to end now: it is tried, and cannot be while this one runs. */
export function makesWayFor(app: ObservedApp, apps: Apps): ObservedApp[] {
  return knownSuccessors(app, apps).filter((other) => isTried(other) && isExclusive(other));
}

/** Whether an app has failed for good as another one has its place back. */
export function hasLost(app: ObservedApp, apps: Apps): boolean {
  return losesTo(app, apps).length > 0;
}

/** Whether a program waited for this worker to end, as far as anybody can tell. */
export function wasInTheWay(app: ObservedApp, worker: ObservedWorker, other: ObservedApp): boolean {
  if (other.spec.process.mode !== 'fork' || other.workers.some((w) => w.revision === other.spec.revision))
    return false;
  return app.staysFor?.includes(other.name) === true || hasPort(worker, declaredPorts(other.spec));
}

/** Those that made way for an app that has failed, and can have their place back. */
export function losesTo(app: ObservedApp, apps: Apps): ObservedApp[] {
  if (!hasFailed(app) || !isExclusive(app)) return [];
  return [...apps.values()].filter((other) => other.staysFor?.includes(app.name) === true);
}

export function knownSuccessors({ staysFor }: ObservedApp, apps: Apps): ObservedApp[] {
  return (staysFor ?? []).flatMap((name) => apps.get(name) ?? []);
}

/**
 * It cannot be beside whoever has its address: it binds for itself, or a worker of it has met with what cannot be
 * shared. Where it has workers of another revision, those may be what that one met with.
 */
export function isExclusive({ spec, rollout, workers }: ObservedApp): boolean {
  if (spec.process.mode === 'fork') return true;
  return rollout?.exclusive != null && workers.every(({ revision }) => revision === spec.revision);
}

function isTried({ rollout, spec }: ObservedApp): boolean {
  return rollout?.state === 'progressing' && rollout.to === spec.revision;
}

/** It has shown that it works, so its place is its own: whoever made way for it cannot be back. */
export function hasTakenOver(app: ObservedApp): boolean {
  const { rollout, stable, spec } = app;
  return isExclusive(app) && rollout?.state === 'complete' && stable?.revision === spec.revision;
}

export function hasPort(worker: ObservedWorker, range: PortRange | null): boolean {
  return range !== null && worker.ports.some((port) => includesPort(range, port));
}

export function overlap(a: PortRange | null, b: PortRange | null): boolean {
  return a !== null && b !== null && a.first <= b.last && b.first <= a.last;
}
