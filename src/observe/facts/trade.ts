/**
 * Apps that trade addresses in one edit. What one has taken the other needs to get back to its stable revision, so no
 * rollout of them is complete before all can be, and all fail if one does.
 */
import type { Observed, ObservedApp } from '../../model/observed.ts';
import { declaredPorts } from '../../model/ports.ts';
import { waitOf } from './depends.ts';
import { missingSlots } from './failure.ts';
import { hasPort } from './take-over.ts';
import { gaveUp } from './target.ts';

type Apps = ReadonlyMap<string, ObservedApp>;

/** The one that has failed and needs back what this app has taken, or is about to take; undefined if there is none. */
export function failedPartner(app: ObservedApp, apps: Apps): ObservedApp | undefined {
  return partnersOf(app, apps).find((other) => other.rollout?.to === other.spec.revision && gaveUp(other));
}

/** Whether one of them may still fail. */
export function hasOpenTrade(app: ObservedApp, apps: Apps, now: number): boolean {
  return partnersOf(app, apps).some(
    (other) => other.rollout?.state === 'progressing' && missingSlots(other, now).length > 0,
  );
}

/**
 * The apps without which its rollout is not done: those that it trades with, that have its program's port, or that it
 * depends on and waits for.
 */
export function needs(name: string, observed: Observed, now: number): readonly string[] {
  const { apps } = observed;
  const app = apps.find((candidate) => candidate.name === name);
  if (app === undefined) return [];
  if (app.rollout?.state !== 'progressing') {
    const on = waitOf(app, observed, now)?.on;
    return on === undefined ? [] : [on.name];
  }
  if (app.spec.process.mode !== 'fork') return app.rollout.trades;
  const range = declaredPorts(app.spec);
  const others = apps.filter(
    (other) => other !== app && other.workers.some((worker) => hasPort(worker, range)),
  );
  return [...app.rollout.trades, ...others.map((other) => other.name)];
}

/** Those that have not left the file since. */
function partnersOf({ rollout }: ObservedApp, apps: Apps): ObservedApp[] {
  const others = (rollout?.trades ?? []).flatMap((name) => apps.get(name) ?? []);
  return rollout?.state === 'progressing' ? others.filter(({ staysFor }) => staysFor === null) : [];
}
