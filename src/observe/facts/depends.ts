/**
 * The order of `depends_on`. An app that nothing runs of waits for what it depends on before it starts, and one that
 * leaves stays until all that depend on it and leave as well have gone. Nothing else is ordered: what a dependency does
 * later (a rollout, a crash, making way for what takes its place) neither stops nor restarts anybody.
 */
import type { Observed, ObservedApp } from '../../model/observed.ts';
import type { Dependency, Desired } from '../../model/spec.ts';
import type { Step } from '../../model/step.ts';
import { slotIsFinished } from './restart.ts';
import { target } from './target.ts';
import { isAvailable, isLive, wantedSlots } from './workers.ts';

/** Another app as it is once the steps that are planned for it are done. */
interface Other {
  readonly app: ObservedApp;
  readonly steps: readonly Step[];
}
type Others = ReadonlyMap<string, Other>;

/** What an app is held back by. */
export interface Wait {
  readonly dependency: Dependency;
  /** The app that is waited for; undefined if there is none of this name. */
  readonly on: ObservedApp | undefined;
}

/** The same apps, each after those that it depends on; else in the order given. */
export function dependenciesFirst(apps: readonly ObservedApp[]): ObservedApp[] {
  const byName = new Map(apps.map((app) => [app.name, app]));
  const sorted = new Set<ObservedApp>();
  const visit = (app: ObservedApp): void => {
    if (!byName.delete(app.name)) return;
    for (const { app: name } of app.spec.dependsOn) {
      const needed = byName.get(name);
      if (needed !== undefined) visit(needed);
    }
    sorted.add(app);
  };
  apps.forEach(visit);
  return [...sorted];
}

/** What keeps an app from starting, the first in the file's order; null if nothing does. */
export function heldBackBy(app: ObservedApp, others: Others, now: number): Wait | null {
  if (!isYetToStart(app)) return null;
  for (const dependency of app.spec.dependsOn) {
    const other = others.get(dependency.app);
    if (other === undefined || !isMet(dependency, other, now)) return { dependency, on: other?.app };
  }
  return null;
}

/** The same, of what is known now. */
export function waitOf(app: ObservedApp, observed: Observed, now: number): Wait | null {
  if (app.spec.dependsOn.length === 0) return null;
  return heldBackBy(app, new Map(observed.apps.map((other) => [other.name, { app: other, steps: [] }])), now);
}

/** `waits for db to be ready: db exited with code 1 before it was ready`. */
export function waitText(wait: Wait, observed: Observed, now: number): string {
  const { dependency, on } = wait;
  const text = `waits for ${dependency.app} to ${WORDS[dependency.until]}`;
  if (on === undefined) return `${text}, which is not there`;
  if (on.spec.instances === 0) return `${text}, which is stopped`;
  const next = waitOf(on, observed, now);
  if (next !== null) return `${text}, which ${waitText(next, observed, now)}`;
  const message = on.rollout?.message ?? null;
  return message === null ? text : `${text}: ${on.name} ${message}`;
}

const WORDS = { started: 'start', ready: 'be ready', completed: 'complete' } as const;

/** The apps that are to have no worker and keep them until those that depend on them have gone. */
export function stillNeeded(desired: Desired, observed: Observed): ReadonlySet<string> {
  const wanted = new Set(desired.apps.filter(({ instances }) => instances > 0).map(({ name }) => name));
  const apps = new Map(observed.apps.map((app) => [app.name, app]));
  const needed = new Set<string>();
  const open = observed.apps.filter(({ name, workers }) => workers.length > 0 && !wanted.has(name));
  for (let app = open.pop(); app !== undefined; app = open.pop()) {
    for (const { app: name } of app.spec.dependsOn) {
      const other = apps.get(name);
      if (other === undefined || needed.has(name)) continue;
      needed.add(name);
      open.push(other);
    }
  }
  for (const name of wanted) needed.delete(name);
  return needed;
}

/**
 * Nothing runs of it and nothing of it has failed: it is new, or was stopped by hand. A worker that crashed is replaced
 * without waiting for anybody.
 */
function isYetToStart({ spec, workers, slots, rollout }: ObservedApp): boolean {
  const isIdle = rollout === null || rollout.state === 'complete';
  return spec.instances > 0 && workers.length === 0 && slots.length === 0 && isIdle;
}

function isMet({ until }: Dependency, { app, steps }: Other, now: number): boolean {
  const slots = wantedSlots(app);
  return slots.length > 0 && slots.every((slot) => SLOT_IS[until](app, slot, steps, now));
}

const SLOT_IS: Record<
  Dependency['until'],
  (app: ObservedApp, slot: number, steps: readonly Step[], now: number) => boolean
> = {
  started: (app, slot, steps, now) =>
    app.workers.some((worker) => worker.slot === slot && isLive(worker)) ||
    steps.some((step) => step.kind === 'start' && step.slot === slot) ||
    SLOT_IS.completed(app, slot, steps, now),
  ready: (app, slot, steps, now) =>
    app.workers.some((worker) => worker.slot === slot && isAvailable(app, worker, now)) ||
    SLOT_IS.completed(app, slot, steps, now),
  completed: (app, slot) => slotIsFinished(app, slot, target(app)),
};
