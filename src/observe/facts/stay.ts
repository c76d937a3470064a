/**
 * Apps that leave the file while something takes their place: a rename, or another app on their port. They stay, as
 * they last were stable, until that is ready; if it fails, until the file says otherwise. Where both cannot run at a
 * time, they make way for it and are started again if it fails. Everything else that leaves goes at once.
 */
import type { Observed, ObservedApp } from '../../model/observed.ts';
import type { Desired } from '../../model/spec.ts';
import { missingSlots } from './failure.ts';
import { successorsOf } from './successors.ts';
import { hasTakenOver, makesWayFor } from './take-over.ts';

type Apps = ReadonlyMap<string, ObservedApp>;

/** Of each app that is not in the file and stays: for whom, after this edit. */
export function whoStays(observed: Observed, desired: Desired): ReadonlyMap<string, readonly string[]> {
  const wanted = new Set(desired.apps.map(({ name }) => name));
  const gone = observed.apps.filter(({ name }) => !wanted.has(name));
  if (gone.length === 0) return new Map();
  const apps = new Map(observed.apps.map((app) => [app.name, app]));
  const own = gone.map((app) => ({ app, names: successorsOf(app, desired, apps) }));
  // What one that stays depends on stays with it.
  const kept = new Map<string, Set<string>>();
  for (const { app, names } of own) {
    if (names.length === 0) continue;
    for (const name of withDependencies(app, apps))
      if (mayStay(apps.get(name), wanted)) kept.set(name, new Set([...(kept.get(name) ?? []), ...names]));
  }
  const inOrder = (names: ReadonlySet<string>): string[] =>
    desired.apps.map(({ name }) => name).filter((name) => names.has(name));
  return new Map([...kept].map(([name, names]) => [name, inOrder(names)]));
}

/** Whom it still stays for: those that are not there as the file asks. `apps` are as planned. */
export function awaited({ staysFor }: ObservedApp, apps: Apps, now: number): string[] {
  const successors = (staysFor ?? []).map((name) => ({ name, app: apps.get(name) }));
  if (successors.some(({ app }) => app !== undefined && hasTakenOver(app))) return [];
  return successors.filter(({ app }) => app === undefined || !isThere(app, now)).map(({ name }) => name);
}

/** `stays until site is ready: site exited with code 1 before it listened`; null where it does not. */
export function stayText(app: ObservedApp, observed: Observed, now: number): string | null {
  const apps = new Map(observed.apps.map((other) => [other.name, other]));
  const names = awaited(app, apps, now);
  if (names.length === 0) return null;
  const text = `stays ${untilReady(names)}`;
  const [other] = makesWayFor(app, apps);
  if (other !== undefined) return `${text}: it makes way for it, and is started again if that fails`;
  const reasons = names.flatMap((name) => {
    const other = apps.get(name);
    if (other?.spec.instances === 0) return `${name} is stopped`;
    const message = other?.rollout?.message ?? null;
    return message === null ? [] : `${name} ${message}`;
  });
  return reasons.length === 0 ? text : `${text}: ${reasons.join('; ')}`;
}

/** `until site is ready`. */
export function untilReady(names: readonly string[]): string {
  return `until ${readyText(names)}`;
}

/** `site is ready`. */
export function readyText(names: readonly string[]): string {
  return `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} ready`;
}

/** Every slot has its worker, and of the revision that the file asks for. */
function isThere(app: ObservedApp, now: number): boolean {
  const { rollout, spec, stable } = app;
  const isStable = rollout?.state === 'complete' && stable?.revision === spec.revision;
  return isStable && spec.instances > 0 && missingSlots(app, now).length === 0;
}

/** The app, and what it depends on, directly or through others. */
function withDependencies(app: ObservedApp, apps: Apps): Set<string> {
  const names = new Set([app.name]);
  for (const name of names) for (const needed of apps.get(name)?.spec.dependsOn ?? []) names.add(needed.app);
  return names;
}

function mayStay(app: ObservedApp | undefined, wanted: ReadonlySet<string>): boolean {
  return app !== undefined && !wanted.has(app.name) && app.staysFor?.length !== 0 && app.spec.instances > 0;
}
