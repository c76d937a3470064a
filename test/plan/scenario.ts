/** Stories of edits, as fast-check tells and shrinks them. */
import fc from 'fast-check';
import type { AppSpec, Dependency, Mode } from '../../src/model/spec.ts';
import { spec } from './build.ts';

/** How the processes of a revision behave; a revision is named after it: `hang-3`. */
export const KINDS = ['good', 'crash', 'hang', 'flaky', 'job'] as const;
export type Kind = (typeof KINDS)[number];

type Change =
  | { type: 'scale'; instances: number }
  | { type: 'revision'; kind: Kind }
  | {
      type: 'rollout';
      maxSurge: number;
      maxUnavailable: number;
      minReady: number;
      pause: boolean;
      canary: number;
      canaryPause: number;
    }
  | { type: 'restart'; maxRestarts: number | null; delay: number }
  /** With a kind, the renamed app is of a new revision; `port` is what becomes of the one it has. */
  | { type: 'rename'; kind: Kind | null; port: 'same' | 'other' | 'none'; mode: Mode | null }
  /** All of the file as it was so many edits ago. */
  | { type: 'restore'; back: number }
  | { type: 'revert' | 'remove' | 'touch' };

export interface Edit {
  /** Since the edit before. */
  readonly after: number;
  readonly app: number;
  readonly change: Change;
}

export interface Scenario {
  readonly seed: number;
  /** Now and then nothing is done for a while, as when the machine sleeps. */
  readonly sleeps: boolean;
  readonly apps: readonly {
    instances: number;
    kind: Kind;
    canary: number;
    /** It has a port of its own, and names it. */
    namesPort?: boolean;
    mode?: Mode;
    dependsOn?: readonly Dependency[];
  }[];
  readonly edits: readonly Edit[];
}

const kind: fc.Arbitrary<Kind> = fc.constantFrom('good', 'good', 'good', 'crash', 'hang', 'flaky');
const instances = fc.integer({ min: 0, max: 5 });

export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('revision' as const), kind }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('scale' as const), instances }) },
  {
    weight: 2,
    arbitrary: fc
      .record({
        type: fc.constant('rollout' as const),
        maxSurge: fc.integer({ min: 0, max: 3 }),
        maxUnavailable: fc.integer({ min: 0, max: 2 }),
        minReady: fc.constantFrom(0, 0, 500, 3_000),
        pause: fc.boolean(),
        canary: fc.constantFrom(0, 0, 1, 2, 5),
        canaryPause: fc.constantFrom(0, 2_000, 20_000),
      })
      .filter(({ maxSurge, maxUnavailable }) => maxSurge + maxUnavailable > 0),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('restart' as const),
      maxRestarts: fc.constantFrom(null, 2, 5),
      delay: fc.constantFrom(0, 0, 700),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom('revert', 'remove', 'touch') }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('rename' as const),
      kind: fc.option(kind),
      port: fc.constantFrom('same', 'same', 'same', 'other', 'none'),
      mode: fc.constantFrom(null, null, 'fork', 'cluster'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('restore' as const), back: fc.integer({ min: 1, max: 3 }) }),
  },
);

/** From single edits at leisure to bursts in the middle of a rollout. */
export const scenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer(),
  sleeps: fc.boolean(),
  apps: fc.array(
    fc.record({
      instances,
      kind,
      canary: fc.constantFrom(0, 0, 1, 2),
      namesPort: fc.boolean(),
      mode: fc.constantFrom('cluster', 'cluster', 'fork'),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  edits: fc.array(
    fc.record({
      after: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 300, max: 60_000 })),
      app: fc.nat({ max: 1 }),
      change,
    }),
    { maxLength: 7 },
  ),
});

/** The revision number `n` of a kind. */
export function revisionOf(specKind: Kind, n: number): string {
  return `${specKind}-${n}`;
}

/** A job stays one, and works or fails. */
function kindFor({ restart }: AppSpec, wanted: Kind): Kind {
  if (restart.auto) return wanted;
  return wanted === 'good' ? 'job' : 'crash';
}

/** How a revision behaves. */
export function kindOf(revision: string): Kind {
  return KINDS.find((name) => revision.startsWith(name)) ?? 'good';
}

/** The file after an edit. `n` is its number, which names what is new. */
export function edited(
  apps: readonly AppSpec[],
  edit: Edit,
  history: readonly AppSpec[][],
  n: number,
): AppSpec[] {
  if (edit.change.type === 'restore') return history.at(-1 - edit.change.back) ?? [...apps];
  const old = apps[edit.app % Math.max(1, apps.length)];
  if (old === undefined) return [spec({ name: `new-${n}`, revision: revisionOf('good', n) })];
  const next = changed(old, edit.change, history, n);
  const all = apps.flatMap((app) => (app === old ? (next === null ? [] : [next]) : [app]));
  return all.map((app) => withKnown(app, all));
}

/** The file may name only apps that it has. */
function withKnown(app: AppSpec, all: readonly AppSpec[]): AppSpec {
  const known = app.dependsOn.filter((needed) => all.some(({ name }) => name === needed.app));
  return known.length === app.dependsOn.length ? app : { ...app, dependsOn: known };
}

function changed(app: AppSpec, wanted: Change, history: readonly AppSpec[][], n: number): AppSpec | null {
  switch (wanted.type) {
    case 'scale':
      return { ...app, instances: wanted.instances };
    case 'revision':
      return { ...app, revision: revisionOf(kindFor(app, wanted.kind), n) };
    case 'rollout': {
      const { maxSurge, maxUnavailable, minReady, canary, canaryPause } = wanted;
      const onFailure = wanted.pause ? 'pause' : 'rollback';
      const { deadline } = app.rollout;
      const rollout = {
        maxSurge,
        maxUnavailable,
        minReady,
        deadline,
        onFailure,
        canary,
        canaryPause,
      } as const;
      return { ...app, rollout };
    }
    case 'restart':
      return { ...app, restart: { ...app.restart, maxRestarts: wanted.maxRestarts, delay: wanted.delay } };
    case 'revert':
      return history.flat().find((other) => other.name === app.name) ?? app;
    case 'rename': {
      const revision = wanted.kind === null ? app.revision : revisionOf(kindFor(app, wanted.kind), n);
      const { PORT, ...env } = app.process.env;
      const ports = { same: PORT, other: String(10_000 + 100 * n), none: undefined }[wanted.port];
      const process = {
        ...app.process,
        mode: wanted.mode ?? app.process.mode,
        env: ports === undefined ? env : { ...env, PORT: ports },
      };
      return { ...app, name: `renamed-${n}`, revision, process };
    }
    case 'restore':
      return app;
    case 'remove':
      return null;
    case 'touch':
      return app;
  }
}
