/** What an edit, and the steps of a rollout, make of an app. */
import type { ObservedApp, SlotRecord } from '../../model/observed.ts';
import type { AppSpec } from '../../model/spec.ts';
import type { BeginStep, CanaryStep, FailStep } from '../../model/step.ts';
import { newCanary } from '../facts/canary.ts';
import { exclusiveFromStart } from '../facts/exclusive.ts';
import { isFinished } from '../facts/restart.ts';
import { matters } from '../facts/target.ts';
import { countAnew, NO_DRAINS } from './reduce-drain.ts';

/** An app nobody has seen before. */
export function newApp(spec: AppSpec): ObservedApp {
  return {
    name: spec.name,
    spec,
    stable: null,
    listens: false,
    rollout: null,
    workers: [],
    slots: [],
    drains: NO_DRAINS,
    exits: [],
    staysFor: null,
  };
}

/** The latest spec. Another generation gives slots that were given up, or wait for long, a new chance. */
export function adoptSpec(app: ObservedApp, spec: AppSpec, generation: string): ObservedApp {
  const { rollout, stable } = app;
  const isUnderWay = rollout?.state === 'progressing' || rollout?.state === 'complete';
  const isEdited = isUnderWay && rollout.generation !== generation;
  if (app.spec === spec && !isEdited) return app;
  return prune({
    ...app,
    spec,
    stable: stable?.revision === spec.revision ? spec : stable,
    rollout: isEdited ? { ...rollout, generation } : rollout,
    slots: isEdited ? app.slots.map(tryAgain) : app.slots,
  });
}

/** A new rollout. What was given up before may be tried again; work that is done stays done. */
export function began(app: ObservedApp, step: BeginStep, generation: string, now: number): ObservedApp {
  const exclusive = exclusiveFromStart(app);
  const retry = (record: SlotRecord): SlotRecord => ({
    ...tryAgain(record),
    done: isFinished(app, record),
  });
  return prune({
    ...app,
    slots: app.slots.map((record) => (record.revision === step.to ? retry(record) : record)),
    drains: countAnew(app.drains),
    rollout: {
      state: 'progressing',
      from: step.from,
      to: step.to,
      generation,
      startedAt: now,
      progressAt: now,
      failures: [],
      message: null,
      canary: exclusive === null ? newCanary(app) : null,
      exclusive,
      // What was taken in one that is superseded has not been given back.
      trades: app.rollout?.state === 'progressing' ? app.rollout.trades : [],
    },
  });
}

/** The canaries are looked at from now on, or have been for long enough: that is no lack of progress. */
export function held(app: ObservedApp, step: CanaryStep, now: number): ObservedApp {
  const { rollout } = app;
  if (rollout === null) return app;
  const canary = step.kind === 'hold' ? { since: now, lost: null } : null;
  return { ...app, rollout: { ...rollout, canary, progressAt: Math.max(rollout.progressAt, now) } };
}

/** The revision is stable from now on; where nobody was to run it, it has shown nothing. */
export function completed(app: ObservedApp): ObservedApp {
  if (app.rollout === null) return app;
  const { revision, instances } = app.spec;
  if (instances === 0 && app.stable?.revision !== revision)
    return prune({ ...app, rollout: { ...app.rollout, state: 'complete', message: null } });
  const hasListened = app.workers.some((w) => w.revision === revision && w.listeningAt !== null);
  return prune({
    ...app,
    stable: app.spec,
    listens: app.stable?.revision === revision ? app.listens || hasListened : hasListened,
    rollout: { ...app.rollout, state: 'complete', message: null },
  });
}

/** It failed under this generation of the file, whichever it was begun for. */
export function failed(app: ObservedApp, step: FailStep, generation: string): ObservedApp {
  if (app.rollout === null) return app;
  return prune({
    ...app,
    // From here on the stable revision fills every slot, also those that came with the failed one.
    stable: app.stable === null ? null : { ...app.stable, instances: app.spec.instances },
    rollout: { ...app.rollout, state: step.outcome, generation, message: step.cause },
  });
}

/** As if it had never failed. */
function tryAgain(record: SlotRecord): SlotRecord {
  return { ...record, failures: 0, budget: { since: record.exitedAt, spent: 0 } };
}

/** Nothing is remembered of revisions that get no worker any more, nor of slots that are gone. */
function prune(app: ObservedApp): ObservedApp {
  const slots = app.slots.filter(
    (record) => matters(app, record.revision) && record.slot < app.spec.instances,
  );
  return slots.length === app.slots.length ? { ...app } : { ...app, slots };
}
