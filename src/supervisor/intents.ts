/**
 * What people asked for by hand, on top of the file: reload, restart, stop, rollback; and the reloads that a schedule
 * or a change of the app's files asked for. Pure: the file's `Desired` and
 * the intents make the `Desired` that is planned for, so that nothing but the plan ever decides.
 */
import { createHash } from 'node:crypto';
import type { AppSpec, Desired, RolloutSpec } from '../model/spec.ts';

export interface Intent {
  /** How often the app was reloaded or restarted; each time is a revision of its own. */
  readonly reloads: number;
  /** What was asked for last, and of which generation of the file. */
  readonly asked: {
    readonly what: 'reload' | 'restart' | 'rollback';
    readonly generation: string;
    /** Where it was not a person: what is said as the cause. */
    readonly cause?: string;
  } | null;
  /** Null: nobody has asked, and `autostart` says. */
  readonly stopped: boolean | null;
  /** Run this revision as long as the file is of this generation. */
  readonly rollback: { readonly generation: string; readonly spec: AppSpec } | null;
}

/** By app. */
export type Intents = ReadonlyMap<string, Intent>;

export const NO_INTENT: Intent = { reloads: 0, asked: null, stopped: null, rollback: null };

/** What is to be planned for. `edition` counts the intents: a new one gives a revision that failed another chance. */
export function withIntents(file: Desired, intents: Intents, edition: number): Desired {
  return {
    ...file,
    generation: edition === 0 ? file.generation : `${file.generation} ${edition}`,
    apps: file.apps.map((spec) => intend(spec, intents.get(spec.name) ?? NO_INTENT, file.generation)),
  };
}

function intend(spec: AppSpec, intent: Intent, generation: string): AppSpec {
  const { rollback, reloads, asked } = intent;
  const stopped = intent.stopped ?? !spec.autostart;
  const base = rollback?.generation === generation ? { ...spec, ...processOf(rollback.spec) } : spec;
  const because = {
    ...(asked?.generation === generation ? { revision: asked.cause ?? asked.what } : {}),
    ...(stopped ? { instances: intent.stopped === null ? 'autostart is false' : 'stopped by hand' } : {}),
  };
  return {
    ...base,
    revision: reloads === 0 ? base.revision : reloaded(base.revision, reloads),
    instances: stopped ? 0 : base.instances,
    rollout: asked?.generation === generation ? rolloutFor(asked.what, base) : base.rollout,
    ...(asked === null && !stopped ? {} : { because }),
  };
}

/** A restart may do without any worker. And who wants to go back does not want to look at it for a while first. */
function rolloutFor(
  what: NonNullable<Intent['asked']>['what'],
  { rollout, instances }: AppSpec,
): RolloutSpec {
  if (what === 'reload') return rollout;
  if (what === 'rollback') return { ...rollout, canary: 0 };
  return { ...rollout, canary: 0, maxSurge: 0, maxUnavailable: Math.max(1, instances) };
}

function processOf({ process, revision }: AppSpec): Pick<AppSpec, 'process' | 'revision'> {
  return { process, revision };
}

/** The same process again is another revision, so that a reload is a rollout like any other. */
function reloaded(revision: string, reloads: number): string {
  return createHash('sha256').update(`${revision} ${reloads}`).digest('hex').slice(0, 8);
}
