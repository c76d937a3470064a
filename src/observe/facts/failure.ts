/** When a rollout has failed, and how that is said. */
import type { Exit, ObservedApp, Rollout } from '../../model/observed.ts';
import { duration, exitText } from '../../model/text.ts';
import { isGivenUp } from './budget.ts';
import { canaryFailure, resumeAt } from './canary.ts';
import { waitsForLeaving } from './exclusive.ts';
import { expectsToListen, NOT_MEANT, overdueCause } from './readiness.ts';
import { isFinished, slotRecord } from './restart.ts';
import { isAvailable, isLive, memoryLeft, wantedSlots } from './workers.ts';

/** At most as many failed boots are remembered; so many of any kind are a failure. */
export const MAX_FAILURES = 8;

/** The sentence that says why the app's progressing rollout has failed; null while it has not. */
export function failureCause(app: ObservedApp, rollout: Rollout, now: number): string | null {
  const canary = canaryFailure(app);
  if (canary !== null) return canary;
  const missing = missingSlots(app, now);
  if (missing.length === 0) return null;
  const last = rollout.failures.at(-1);
  if (last !== undefined && isHopeless(rollout.failures)) return tell(app, last);
  const isLate = deadlineOf(rollout, app) <= now && !isHeldUp(app, now);
  return endedForGood(app, missing) ?? (isLate ? outOfTime(app, last) : null);
}

/** When a progressing rollout fails unless something happens. While it waits for its canaries, nothing can. */
export function deadlineOf(rollout: Rollout, app: ObservedApp): number {
  return Math.max(rollout.progressAt, resumeAt(app) ?? -Infinity) + app.spec.rollout.deadline;
}

/** Slots that have no available (or finished) worker of the desired revision yet. */
export function missingSlots(app: ObservedApp, now: number): number[] {
  const there = new Set<number>();
  for (const worker of app.workers) {
    if (worker.revision === app.spec.revision && isAvailable(app, worker, now)) there.add(worker.slot);
  }
  for (const record of app.slots) {
    if (record.revision === app.spec.revision && isFinished(app, record)) there.add(record.slot);
  }
  return wantedSlots(app).filter((slot) => !there.has(slot));
}

/** It was recorded when it was stopped for taking too long, so it has neither a code nor a signal. */
export function isTimeout(exit: Exit): boolean {
  return exit.code === null && exit.signal === null && exit.spawnError === null;
}

/** Two boots that failed alike say that a third would, too. */
function isHopeless(failures: readonly Exit[]): boolean {
  const kinds = new Set(failures.map(fingerprint));
  return kinds.size < failures.length || failures.length >= MAX_FAILURES;
}

/** What two exits for the same reason share: addresses, times and process ids differ from boot to boot. */
function fingerprint(exit: Exit): string {
  const ended = `${exit.code ?? ''}|${exit.signal ?? ''}|${withoutFigures(exit.spawnError ?? '')}`;
  // One that was stopped for taking too long may have been killed while it wrote anything.
  if (isTimeout(exit)) return ended;
  // What is said of memory is full of figures, and as long as the garbage collector tried.
  if (exit.outOfMemory !== undefined) return exit.outOfMemory;
  const stderr = exit.stderr.map(withoutFigures);
  return `${ended}|${stderr.join('\n')}`;
}

function withoutFigures(text: string): string {
  return text.replace(/0x[\da-f]+|\b[\da-f-]{8,}\b|[\d.:]*\d/gi, '#');
}

/** The revision has done all it can while leaving workers hold the memory, or the port, that its next one needs. */
export function isHeldUp(app: ObservedApp, now: number): boolean {
  if (waitsForLeaving(app)) return true;
  const own = app.workers.filter((worker) => worker.revision === app.spec.revision);
  return memoryLeft(app) === 0 && own.every((worker) => isAvailable(app, worker, now));
}

/** A slot that gets no further worker can never be there. */
function endedForGood(app: ObservedApp, missing: readonly number[]): string | null {
  for (const slot of missing) {
    const record = slotRecord(app, slot, app.spec.revision);
    const occupied = app.workers.some(
      (w) => w.slot === slot && w.revision === app.spec.revision && isLive(w),
    );
    if (record === undefined || occupied) continue;
    if (record.done || isGivenUp(app, record)) return tell(app, record.exit);
  }
  return null;
}

function outOfTime(app: ObservedApp, last: Exit | undefined): string {
  if (last !== undefined) return tell(app, last);
  const { revision, rollout } = app.spec;
  const booting = app.workers.find((worker) => worker.revision === revision && worker.status === 'starting');
  if (booting !== undefined) return `${overdueCause(app, booting)}${hint(app)}`;
  return `made no progress within ${duration(rollout.deadline)}`;
}

function tell(app: ObservedApp, exit: Exit): string {
  return `${exit.reason ?? exitText(exit)}${isTimeout(exit) && exit.unfit !== true ? hint(app) : ''}`;
}

function hint(app: ObservedApp): string {
  if (!expectsToListen(app, app.spec.revision)) return '';
  return ` — ${NOT_MEANT}`;
}
