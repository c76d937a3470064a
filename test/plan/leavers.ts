/** What must hold of apps that leave while something takes their place, told without the planner's own code. */
import type { Observed, ObservedApp } from '../../src/model/observed.ts';
import type { AppSpec, Desired } from '../../src/model/spec.ts';
import type { Step } from '../../src/model/step.ts';

export interface Leaver {
  /** As it was last stable, or wanted. */
  readonly spec: AppSpec;
  /** Names of the apps that take its place. */
  readonly successors: ReadonlySet<string>;
}

/** Those that are to stay, by name. */
export type Leavers = ReadonlyMap<string, Leaver>;

/** After an edit. `observed` is as it was before it. */
export function afterEdit(leavers: Leavers, before: Desired, after: Desired, observed: Observed): Leavers {
  const came = after.apps.filter(({ name }) => !has(before, name));
  const next = new Map<string, Leaver>();
  for (const app of observed.apps) {
    if (has(after, app.name)) continue;
    const known = leavers.get(app.name);
    if (known === undefined && !(has(before, app.name) && serves(app))) continue;
    const spec = known?.spec ?? app.stable ?? app.spec;
    const candidates = [...after.apps.filter(({ name }) => known?.successors.has(name) === true), ...came];
    const canBeBack = (other: AppSpec): boolean =>
      app.stable !== null || [other, spec].every(({ process }) => process.mode === 'cluster');
    const able = candidates.filter((other) => takesOver(other, spec) && canBeBack(other));
    const onItsPort = able.filter((other) => [other, spec].every(namesPort));
    const awaited = able.filter(({ name }) => known?.successors.has(name) === true);
    const [successors = []] = [onItsPort, awaited, able].filter((some) => some.length > 0);
    if (successors.length > 0)
      next.set(app.name, { spec, successors: new Set(successors.map(({ name }) => name)) });
  }
  return next;
}

/** Throws if one that stays loses what it serves with; after `leave` it is on its way out. */
export function afterStep(leavers: Leavers, step: Step, observed: Observed, now: number): Leavers {
  const leaver = leavers.get(step.app);
  const app = observed.apps.find(({ name }) => name === step.app);
  if (leaver === undefined || app === undefined) return leavers;
  if (step.kind === 'remove') throw new Error('an app is gone before what takes its place is ready');
  if ((step.kind === 'drain' || step.kind === 'stop') && !isMakingWay(leaver, observed))
    checkRetire(app, leaver, step.worker, now);
  if (step.kind !== 'leave') return leavers;
  const isReplaced = observed.apps.some(
    (other) => leaver.successors.has(other.name) && isExclusive(other) && other.rollout?.state === 'complete',
  );
  for (const name of leaver.successors) {
    const other = observed.apps.find((candidate) => candidate.name === name);
    if (isReplaced) continue;
    if (other === undefined || !isThere(other, now))
      throw new Error('an app leaves before what takes its place is ready');
  }
  return new Map([...leavers].filter(([name]) => name !== step.app));
}

/** Another app had made way for it, and it has failed: it is to end, and to stay so until the next edit. */
export function isLosing(app: ObservedApp | undefined, leavers: Leavers): boolean {
  if (app?.rollout?.state !== 'failed' || !isExclusive(app)) return false;
  return [...leavers.values()].some(({ successors }) => successors.has(app.name));
}

/** A program cannot be beside whoever has its port; a worker in cluster mode has met with one. */
function isExclusive({ spec, rollout }: ObservedApp): boolean {
  return spec.process.mode === 'fork' || rollout?.exclusive != null;
}

/** Something takes its place that cannot be beside it, and is being tried, or has made it. */
export function isMakingWay(leaver: Leaver, { apps }: Observed): boolean {
  return apps.some(
    (app) =>
      leaver.successors.has(app.name) &&
      isExclusive(app) &&
      (app.rollout?.state === 'progressing' || app.rollout?.state === 'complete'),
  );
}

/** It makes way, or what it made way for has not ended yet, or another one that stays has its port. */
export function isAway(app: ObservedApp, leaver: Leaver, leavers: Leavers, observed: Observed): boolean {
  const port = leaver.spec.process.env['PORT'];
  const isForked = leaver.spec.process.mode === 'fork' && port !== undefined;
  const ports = Array.from({ length: leaver.spec.instances }, (_, slot) => Number(port) + slot);
  const isServed = observed.apps.some(
    ({ name, workers }) =>
      name !== app.name &&
      leavers.has(name) &&
      workers.some((worker) => worker.ports.some((taken) => ports.includes(taken))),
  );
  if (isForked && isServed) return true;
  const isLeft = observed.apps.some(
    (app) => leaver.successors.has(app.name) && isExclusive(app) && app.workers.length > 0,
  );
  return isLeft || isMakingWay(leaver, observed);
}

function checkRetire(app: ObservedApp, { spec }: Leaver, worker: number, now: number): void {
  const serving = available(app, spec, now);
  if (!serving.includes(worker)) return;
  const { instances, rollout } = spec;
  if (serving.length - 1 < instances - rollout.maxUnavailable)
    throw new Error('an app that stays loses a worker before what takes its place is ready');
}

/** In the schedules all apps have one program, so one without a port may listen wherever another did. */
function takesOver(spec: AppSpec, old: AppSpec): boolean {
  const port = spec.process.env['PORT'];
  const before = old.process.env['PORT'];
  if (spec.instances === 0) return false;
  if (port === undefined) return true;
  // Nobody sees where a program listens; workers in cluster mode were seen not to listen on a port.
  if (before === undefined) return old.process.mode === 'fork';
  return (
    Number(port) <= Number(before) + lastOffset(old) && Number(before) <= Number(port) + lastOffset(spec)
  );
}

function namesPort({ process }: AppSpec): boolean {
  return process.env['PORT'] !== undefined;
}

function lastOffset({ instances }: AppSpec): number {
  return Math.max(0, instances - 1);
}

/** Somebody serves, or did and may again. */
function serves({ spec, stable, listens, workers }: ObservedApp): boolean {
  const isProgram = (stable ?? spec).process.mode === 'fork' && (stable ?? spec).restart.auto;
  const hasServed = stable !== null && (listens || isProgram);
  const isServing = workers.some((w) => w.status === 'online' && (isProgram || w.listeningAt !== null));
  return spec.instances > 0 && (hasServed || isServing);
}

/** Every slot has a worker, or its work is done. */
function isThere(app: ObservedApp, now: number): boolean {
  const done = app.slots.filter((record) => record.done && record.exit.code === 0).length;
  return available(app, app.spec, now).length + done >= app.spec.instances;
}

function available({ workers }: ObservedApp, spec: AppSpec, now: number): number[] {
  return workers
    .filter((w) => w.status === 'online' && (w.readyAt ?? Infinity) + spec.rollout.minReady <= now)
    .map(({ id }) => id);
}

function has({ apps }: Desired, name: string): boolean {
  return apps.some((app) => app.name === name);
}
