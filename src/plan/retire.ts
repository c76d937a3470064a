/** Which live workers have to go. A retired worker drains; one that was never given a socket is stopped directly. */
import type { ObservedApp, ObservedWorker } from '../model/observed.ts';
import type { WorkerStep } from '../model/step.ts';
import { slotIsFinished } from '../observe/facts/restart.ts';
import { gaveUp, isProven, matters, replaces, slotTarget, target } from '../observe/facts/target.ts';
import { isAvailable, live, mayListen, wantedSlots } from '../observe/facts/workers.ts';
import { rolloutCause, scaleCause } from './causes.ts';
import { restore } from './restore.ts';

/** Workers that serve nobody and are not wanted: they go whatever else happens. */
export function retireUseless(app: ObservedApp, now: number): WorkerStep[] {
  const proven = isProven(app, now);
  const revision = target(app);
  return live(app)
    .filter((worker) => !isAvailable(app, worker, now))
    .flatMap((worker) => {
      if (worker.slot >= app.spec.instances) return [retire(app, worker, scaleCause(app))];
      const unwanted = proven ? worker.revision !== revision : !matters(app, worker.revision);
      return unwanted ? [retire(app, worker, uselessCause(app))] : [];
    });
}

/** Where an edit left no room to bring the stable revision back, unproven workers make it. */
export function makeRoom(app: ObservedApp, now: number): WorkerStep[] {
  const { instances, rollout } = app.spec;
  const workers = live(app);
  const due = restore(app, now).filter(({ from }) => from <= now);
  // Where the edit lowered what is allowed, there are more than that.
  const lacking = due.length - (instances + rollout.maxSurge - workers.length);
  if (due.length === 0 || lacking <= 0) return [];
  return workers
    .filter((worker) => worker.revision === target(app) && !isAvailable(app, worker, now))
    .sort((a, b) => b.slot - a.slot)
    .slice(0, lacking)
    .map((worker) => retire(app, worker, 'makes room for the stable revision'));
}

/** Available workers that are not needed any more, as long as enough others stay available. */
export function retireAvailable(app: ObservedApp, now: number): WorkerStep[] {
  const available = live(app).filter((worker) => isAvailable(app, worker, now));
  const most = spare(app, available);
  if (most === 0) return [];
  const old = oldWorkers(app, available).filter(({ unfit }) => unfit !== null || replaces(app));
  const unwanted = [...surplus(app, available), ...succeeded(app, available, old)];
  return unwanted.slice(0, most);
}

/** How many available workers may go: a slot whose work is done counts as if it had one. */
export function spare(app: ObservedApp, available: readonly ObservedWorker[]): number {
  const { instances, rollout } = app.spec;
  const finished = wantedSlots(app).filter((slot) => slotIsFinished(app, slot, slotTarget(app, slot)));
  return Math.max(0, available.length + finished.length - (instances - rollout.maxUnavailable));
}

/** The way out for one worker. One that is blocked cannot finish anything, and hears nothing that would be said to it. */
export function retire(app: ObservedApp, worker: ObservedWorker, cause: string): WorkerStep {
  const step = { app: app.name, cause, worker: worker.id };
  if (worker.failing?.kind === 'loop') return { kind: 'stop', ...step, blocked: true };
  return { kind: mayListen(worker) ? 'drain' : 'stop', ...step };
}

/** Above the wanted number: highest slot first, and an old revision before the new one. */
function surplus(app: ObservedApp, available: readonly ObservedWorker[]): WorkerStep[] {
  const isNew = (worker: ObservedWorker): number => Number(worker.revision === target(app));
  return available
    .filter((worker) => worker.slot >= app.spec.instances)
    .sort((a, b) => b.slot - a.slot || isNew(a) - isNew(b) || a.id - b.id)
    .map((worker) => retire(app, worker, scaleCause(app)));
}

/** Those whose slot needs them no more: it has a better worker that is available, or another old one, or is done. */
function succeeded(
  app: ObservedApp,
  available: readonly ObservedWorker[],
  old: readonly ObservedWorker[],
): WorkerStep[] {
  return old.flatMap((worker) => {
    const best = available.filter((other) => other.slot === worker.slot).reduce((a, b) => better(app, a, b));
    if (best !== worker) return [retire(app, worker, `replaced by worker ${best.id}`)];
    const wanted = slotTarget(app, worker.slot);
    return worker.revision !== wanted && slotIsFinished(app, worker.slot, wanted)
      ? [retire(app, worker, rolloutCause(app))]
      : [];
  });
}

/** Which of two workers keeps the slot they share: the target before the stable revision, that before any other; then the fit. */
function better(app: ObservedApp, a: ObservedWorker, b: ObservedWorker): ObservedWorker {
  const rank = ({ revision, unfit }: ObservedWorker): number =>
    (revision === slotTarget(app, a.slot) ? 4 : revision === app.stable?.revision ? 2 : 0) +
    Number(unfit === null);
  return rank(b) >= rank(a) ? b : a;
}

/** Available workers of other revisions in wanted slots, lowest first; then those that are unfit. */
export function oldWorkers(app: ObservedApp, available: readonly ObservedWorker[]): ObservedWorker[] {
  const isOld = (worker: ObservedWorker): boolean => worker.revision !== slotTarget(app, worker.slot);
  return available
    .filter((worker) => worker.slot < app.spec.instances && (isOld(worker) || worker.unfit !== null))
    .sort((a, b) => Number(isOld(b)) - Number(isOld(a)) || a.slot - b.slot || a.id - b.id);
}

function uselessCause(app: ObservedApp): string {
  return gaveUp(app) ? rolloutCause(app) : `superseded by ${target(app)}`;
}
