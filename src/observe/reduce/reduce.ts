/** What the supervisor knows after a step, an event or an edit. Pure: the old value stays as it was. */
import type { Observed, ObservedApp, ObservedWorker } from '../../model/observed.ts';
import type { WorkerEvent } from '../../model/worker-event.ts';
import { declaredPort } from '../../model/ports.ts';
import type { Desired } from '../../model/spec.ts';
import type { Step, WorkerStep } from '../../model/step.ts';
import { wasInTheWay } from '../facts/take-over.ts';
import { specOf } from '../facts/target.ts';
import { isLive } from '../facts/workers.ts';
import { exited, overdue, unfit, withTime } from './reduce-exit.ts';
import { failing, probed } from './reduce-probe.ts';
import { began, completed, failed, held } from './reduce-rollout.ts';

/**
 * The step was handed to the executor. `desired` is what was applied before it was planned. `start` changes nothing: the worker appears with its `started` event,
 * which the executor feeds before the next plan, even if the process could not be started (then `exited` follows).
 */
export function applyStep(observed: Observed, step: Step, desired: Desired, now: number): Observed {
  if (step.kind === 'remove') return { apps: observed.apps.filter((app) => app.name !== step.app) };
  return updateApp(observed, step.app, (app) => applyAppStep(app, step, desired.generation, now));
}

/** The step's effect on its app. */
export function applyAppStep(app: ObservedApp, step: Step, generation: string, now: number): ObservedApp {
  switch (step.kind) {
    case 'begin':
      return began(app, step, generation, now);
    case 'ready':
      return ready(app, step.worker, now);
    case 'drain':
      return updateWorker(counted(app, step, now), step.worker, (w) => ({
        ...w,
        status: 'draining',
        drainingAt: w.drainingAt ?? now,
      }));
    case 'stop':
      return updateWorker(counted(app, step, now), step.worker, (w) => ({
        ...w,
        status: 'stopping',
        stoppingAt: w.stoppingAt ?? now,
      }));
    case 'kill':
      return updateWorker(app, step.worker, (w) => ({ ...w, killedAt: w.killedAt ?? now }));
    case 'hold':
    case 'resume':
      return held(app, step, now);
    case 'complete':
      return completed(app);
    case 'fail':
      return failed(app, step, generation);
    case 'leave':
      return { ...app, staysFor: [] };
    case 'start':
    case 'remove':
      return app;
  }
}

/** Something happened to a worker. What is said of an unknown one is ignored. */
export function applyEvent(observed: Observed, event: WorkerEvent): Observed {
  const next = updateApp(observed, event.app, (app) => applyAppEvent(app, event));
  return event.type === 'exited' ? withTimeForOthers(next, observed, event) : next;
}

/** What waited for a worker of another app to end has its time from now on. */
function withTimeForOthers(
  next: Observed,
  before: Observed,
  { app: name, id, at }: WorkerEvent & { readonly type: 'exited' },
): Observed {
  const app = before.apps.find((candidate) => candidate.name === name);
  const worker = app?.workers.find((candidate) => candidate.id === id);
  if (app === undefined || worker === undefined || isLive(worker)) return next;
  return {
    apps: next.apps.map((other) =>
      other.name === name ? other : withTime(other, wasInTheWay(app, worker, other), at),
    ),
  };
}

function applyAppEvent(app: ObservedApp, event: WorkerEvent): ObservedApp {
  const { at, id } = event;
  switch (event.type) {
    case 'started':
      return started(app, event);
    case 'listening':
      return listening(app, event);
    case 'given':
      return updateWorker(app, id, (w) => ({ ...w, givenAt: w.givenAt ?? at }));
    case 'message':
      return updateWorker(app, id, (w) => ({ ...w, messageAt: w.messageAt ?? at }));
    case 'alive':
      return updateWorker(app, id, (w) => ({ ...w, aliveAt: w.aliveAt ?? at }));
    case 'drained':
      return updateWorker(app, id, (w) => ({ ...w, drainedAt: w.drainedAt ?? at }));
    case 'quiet':
      return updateWorker(app, id, (w) => ({ ...w, quietAt: w.quietAt ?? at }));
    case 'blocked':
      return blocked(app, id, event);
    case 'ledger':
      return updateWorker(app, id, (w) => ({ ...w, ledger: event.ledger }));
    case 'unfit':
      return unfit(app, id, event.cause, at);
    case 'other-code':
      return updateWorker(app, id, (w) => ({ ...w, otherCode: event.code }));
    case 'probed':
      return updateWorker(app, id, (w) => probed(w, event.refused, at));
    case 'failing':
      return failing(app, id, event.failing);
    case 'exited':
      return exited(app, id, event.exit, at);
  }
}

function started(app: ObservedApp, event: WorkerEvent & { type: 'started' }): ObservedApp {
  if (app.workers.some((worker) => worker.id === event.id)) return app;
  const spec = specOf(app, event.revision);
  const worker: ObservedWorker = {
    id: event.id,
    slot: event.slot,
    revision: event.revision,
    mode: spec.process.mode,
    pid: event.pid,
    status: 'starting',
    startedAt: event.at,
    givenAt: null,
    listeningAt: null,
    blocked: null,
    ports: declaredPort(spec, event.slot),
    messageAt: null,
    aliveAt: null,
    readyAt: null,
    drainingAt: null,
    drainedAt: null,
    quietAt: null,
    ledger: null,
    stoppingAt: null,
    killedAt: null,
    probedAt: null,
    refused: null,
    failing: null,
    unfit: null,
  };
  return { ...app, workers: [...app.workers, worker].sort((a, b) => a.id - b.id) };
}

function listening(
  app: ObservedApp,
  { id, at, port }: WorkerEvent & { readonly type: 'listening' },
): ObservedApp {
  const next = updateWorker(app, id, (w) => ({
    ...w,
    listeningAt: w.listeningAt ?? at,
    blocked: null,
    ports: port === undefined || w.ports.includes(port) ? w.ports : [...w.ports, port],
  }));
  const worker = next.workers.find((candidate) => candidate.id === id);
  const isStable = worker !== undefined && worker.revision === app.stable?.revision;
  return isStable ? { ...next, listens: true } : next;
}

/** From now on nothing is left to look at with a canary: the others have to go. */
function blocked(
  app: ObservedApp,
  id: number,
  { on, trades: others }: WorkerEvent & { readonly type: 'blocked' },
): ObservedApp {
  const next = updateWorker(app, id, (w) => ({ ...w, blocked: on }));
  const worker = next.workers.find((candidate) => candidate.id === id);
  if (next.rollout === null || worker?.revision !== next.rollout.to) return next;
  const exclusive = next.rollout.exclusive ?? `${on} cannot be shared with earlier workers`;
  const trades = [...new Set([...next.rollout.trades, ...others])];
  return { ...next, rollout: { ...next.rollout, canary: null, exclusive, trades } };
}

function ready(app: ObservedApp, id: number, now: number): ObservedApp {
  const next = updateWorker(app, id, (w) => ({ ...w, status: 'online', readyAt: now }));
  const worker = next.workers.find((candidate) => candidate.id === id);
  if (next.rollout?.state !== 'progressing' || worker?.revision !== next.rollout.to) return next;
  // The time of `min_ready` is not held against the rollout: it cannot be shortened.
  const progressAt = Math.max(next.rollout.progressAt, now + next.spec.rollout.minReady);
  return { ...next, rollout: { ...next.rollout, progressAt } };
}

/** Whoever has to go because it is overdue has failed to boot. */
function counted(app: ObservedApp, step: WorkerStep, now: number): ObservedApp {
  const worker = app.workers.find(({ id }) => id === step.worker);
  return worker === undefined || step.overdue !== true ? app : overdue(app, worker, step.cause, now);
}

function updateWorker(
  app: ObservedApp,
  id: number,
  update: (worker: ObservedWorker) => ObservedWorker,
): ObservedApp {
  return { ...app, workers: app.workers.map((worker) => (worker.id === id ? update(worker) : worker)) };
}

function updateApp(observed: Observed, name: string, update: (app: ObservedApp) => ObservedApp): Observed {
  return { apps: observed.apps.map((app) => (app.name === name ? update(app) : app)) };
}
