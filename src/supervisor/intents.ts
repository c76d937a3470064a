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
  /** Run this one as long as the file asks for the revision `from`. */
  readonly rollback: { readonly from: string; readonly spec: AppSpec } | null;
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
  const { reloads, asked } = intent;
  const stopped = intent.stopped ?? !spec.autostart;
  const held = heldBy(intent, spec);
  const base = held === null ? spec : { ...spec, ...processOf(held) };
  const byHand = handText(spec, intent.stopped === true, held);
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
    ...(byHand === null ? {} : { byHand }),
  };
}

/** What it was rolled back to, as long as the file asks for what it was rolled back from. */
function heldBy({ rollback }: Intent, { revision }: AppSpec): AppSpec | null {
  return rollback?.from === revision ? rollback.spec : null;
}

/** Null where it is as the file asks. */
function handText({ name }: AppSpec, isStopped: boolean, held: AppSpec | null): string | null {
  const clauses = [
    isStopped ? stoppedText(name) : '',
    held === null
      ? ''
      : `is held at ${held.revision} by \`rollback\`; an edit of it or \`cluster-up reload ${name}\` goes on`,
  ].filter((clause) => clause !== '');
  return clauses.length === 0 ? null : clauses.join(', and ');
}

/** As a clause. @param since added to what it is */
export function stoppedText(app: string, since = ''): string {
  return `is stopped by hand${since}; \`cluster-up start ${app}\` starts it`;
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
