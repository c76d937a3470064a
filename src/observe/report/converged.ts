/** Questions about the whole, for those who wait for it or report it. */
import type { Outcome } from '../../model/control.ts';
import type { Observed, ObservedApp, Rollout, SlotRecord } from '../../model/observed.ts';
import type { AppSpec, Desired } from '../../model/spec.ts';
import { count, exitText } from '../../model/text.ts';
import { isGivenUp } from '../facts/budget.ts';
import { waitOf, waitText, type Wait } from '../facts/depends.ts';
import { missingSlots } from '../facts/failure.ts';
import { otherCodeText } from '../facts/other-code.ts';
import { isFinished } from '../facts/restart.ts';
import { fillsSlots } from '../facts/rollback.ts';
import { stayText } from '../facts/stay.ts';
import { target } from '../facts/target.ts';

/** So many unstable exits of a slot in a row are no accident: whoever waits is told, though it is tried on. */
const CRASH_LOOP = 2;

type Problem = Outcome['problems'][number];

/** Whether every app runs what the file asks for, and no other does. Workers that drain do not count. */
export function isConverged(desired: Desired, observed: Observed, now: number): boolean {
  const apps = new Map(observed.apps.map((app) => [app.name, app]));
  return (
    (desired.preparations?.size ?? 0) === 0 &&
    apps.size === desired.apps.length &&
    desired.apps.every((spec) => {
      const app = apps.get(spec.name);
      return app !== undefined && app.rollout?.to === spec.revision && appConverged(app, now);
    })
  );
}

function appConverged(app: ObservedApp, now: number): boolean {
  if (app.rollout?.state !== 'complete') return false;
  const { instances, rollout } = app.spec;
  if (app.workers.some((worker) => worker.status === 'starting') || otherCodeText(app) !== null) return false;
  const filled = new Set<number>();
  for (const { slot, status, revision, readyAt, unfit } of app.workers) {
    // One that is to be replaced is none that it is to have.
    if (status !== 'online' || unfit !== null) continue;
    if (revision !== app.rollout.to || slot >= instances) return false;
    if (readyAt !== null && readyAt + rollout.minReady <= now) filled.add(slot);
  }
  for (const { slot, done, revision } of app.slots) if (done && revision === app.rollout.to) filled.add(slot);
  return filled.size >= instances;
}

/** The apps that are not as the file asks since somebody asked for that by hand. */
export function askedByHand(specs: readonly AppSpec[]): NonNullable<Outcome['byHand']> {
  return specs.flatMap(({ name, byHand }) => (byHand === undefined ? [] : [{ app: name, message: byHand }]));
}

/**
 * How what was under way has ended; null while it has not. An app that was rolled back has ended once its stable
 * revision fills every slot; one that never came up has ended although it is tried again and again, and so has one that
 * stays for such a one. So has a slot whose workers crash again and again, and what is not as asked when it had to be;
 * see `outcomeBy`.
 *
 * @param since when it began to be waited for
 */
export function outcome(desired: Desired, observed: Observed, now: number, since: number): Outcome | null {
  const isLate = outcomeBy(observed, since) <= now;
  const wanted = new Set(desired.apps.map(({ name }) => name));
  const apps = new Map(observed.apps.map((app) => [app.name, app]));
  const problems: Problem[] = [];
  for (const [app, preparation] of desired.preparations ?? []) {
    // It has limits of its own.
    if (preparation.state === 'preparing') return null;
    problems.push({ app, message: preparation.message, stderr: preparation.last });
  }
  for (const app of observed.apps) {
    if (wanted.has(app.name)) continue;
    const stays = stayText(app, observed, now);
    if ((stays === null || !isBack(app)) && !isLate) return null;
    const message = stays ?? `left the file, and ${count(app.workers.length, 'worker')} of it did not end`;
    problems.push({ app: app.name, message, stderr: [] });
  }
  for (const spec of desired.apps) {
    const app = apps.get(spec.name);
    const wait = app === undefined ? null : waitOf(app, observed, now);
    if (app !== undefined && wait !== null) {
      if (!isLate && !isInVain(wait, observed, now)) return null;
      problems.push({ app: app.name, message: waitText(wait, observed, now), stderr: [] });
      continue;
    }
    if (app?.rollout?.to !== spec.revision || app.rollout.generation !== desired.generation) return null;
    if (appConverged(app, now)) continue;
    const problem = problemOf(app) ?? (isLate ? lateProblemOf(app, now) : null);
    if (problem === null) return null;
    problems.push(problem);
  }
  const byHand = askedByHand(desired.apps);
  return { converged: problems.length === 0, problems, ...(byHand.length === 0 ? {} : { byHand }) };
}

/**
 * When whoever waits since `since` is told what is not as asked, whatever else happens: a rollout under way has its own
 * deadline, and an app without one has that long from the time that anything was last seen to move.
 */
export function outcomeBy(observed: Observed, since: number): number {
  const ends = observed.apps.map(({ spec, rollout, workers }) => {
    const { drainTimeout, killTimeout } = spec.stop;
    const leaving = workers.map(({ drainingAt, stoppingAt }) => drainingAt ?? stoppingAt ?? -Infinity);
    const moved = Math.max(since, rollout?.progressAt ?? since, ...leaving);
    return moved + Math.max(spec.rollout.deadline, drainTimeout + killTimeout);
  });
  return Math.max(since, ...ends);
}

/** What is waited for will not come by itself. */
function isInVain({ on }: Wait, observed: Observed, now: number): boolean {
  if (on === undefined || on.spec.instances === 0) return true;
  const next = waitOf(on, observed, now);
  return next === null ? problemOf(on) !== null : isInVain(next, observed, now);
}

/** What of it is not as asked, and will not come by itself at once; null where nothing is. */
export function problemOf(app: ObservedApp): Problem | null {
  const { rollout, spec } = app;
  if (rollout === null || rollout.state === 'progressing') return null;
  if (rollout.state !== 'complete') {
    if (rollout.state === 'rolled-back' && !isBack(app)) return null;
    const online = app.workers.filter(({ status }) => status === 'online').length;
    if (rollout.state === 'paused' && online < spec.instances && lostSlot(app) === undefined) return null;
    return failedRollout(app, rollout.state, rollout);
  }
  const lost = lostSlot(app);
  if (lost !== undefined) return { app: app.name, message: lostText(app, lost), stderr: lost.exit.stderr };
  const other = otherCodeText(app);
  return other === null ? null : { app: app.name, message: other, stderr: [] };
}

/** As `problemOf`, of what has no end in sight but has had its time. */
function lateProblemOf(app: ObservedApp, now: number): Problem | null {
  if (app.rollout === null || app.rollout.state === 'progressing') return null;
  if (app.rollout.state !== 'complete') return failedRollout(app, app.rollout.state, app.rollout);
  const { slots, exits } = app;
  const missing = missingSlots(app, now);
  const last = exits.findLast(({ slot }) => missing.includes(slot))?.exit ?? slots.at(-1)?.exit;
  const which =
    missing.length === 0 ? 'other workers are left' : `slot ${missing.join(', ')} is not available`;
  const why = last === undefined ? '' : `: its last worker ${last.reason ?? exitText(last)}`;
  return { app: app.name, message: `${which}${why}`, stderr: last?.stderr ?? [] };
}

function failedRollout(app: ObservedApp, state: keyof typeof STATE_TEXT, rollout: Rollout): Problem {
  const { to, message, failures } = rollout;
  return {
    app: app.name,
    message: `${to} ${STATE_TEXT[state]}: it ${message ?? 'failed'}`,
    stderr: failures.at(-1)?.stderr ?? [],
  };
}

/** A slot that is lost, and has no worker that serves. */
function lostSlot(app: ObservedApp): SlotRecord | undefined {
  const served = new Set(app.workers.filter(({ status }) => status === 'online').map(({ slot }) => slot));
  return app.slots.find(
    (record) =>
      record.revision === target(app) &&
      !served.has(record.slot) &&
      !isFinished(app, record) &&
      isLost(app, record),
  );
}

/** No worker is to be started in it any more, or they crash as often as they are. */
function isLost(app: ObservedApp, record: SlotRecord): boolean {
  return isGivenUp(app, record) || record.failures >= CRASH_LOOP;
}

function lostText(app: ObservedApp, record: SlotRecord): string {
  const why = record.exit.reason ?? exitText(record.exit);
  if (isGivenUp(app, record)) return `slot ${record.slot} was given up: it ${why}`;
  return `slot ${record.slot} crashes again and again: it ${why}; it goes on being tried, with growing delays`;
}

/** Whether the stable revision fills every slot again, but for those that it is lost in, and no other one is left. */
function isBack(app: ObservedApp): boolean {
  return fillsSlots(app, (record) => isLost(app, record));
}

const STATE_TEXT = { 'rolled-back': 'was rolled back', paused: 'is paused', failed: 'failed' } as const;
