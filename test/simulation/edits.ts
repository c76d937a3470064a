/** The ecosystem file of a simulated machine, and what people do to it. */
import type { AppSpec, Balance, Dependency, Desired } from '../../src/model/spec.ts';
import { spec } from '../plan/build.ts';
import type { Random } from '../plan/random.ts';
import { type Kind, revisionOf } from '../plan/scenario.ts';
import { HEALTH } from './health.ts';

const KINDS: readonly Kind[] = ['good', 'good', 'good', 'good', 'crash', 'hang', 'flaky'];
const BALANCES: readonly Balance[] = ['shared', 'shared', 'kernel', 'round-robin', 'sticky'];
const CALM = 1000;

type Edit = (apps: readonly AppSpec[], at: number) => AppSpec[];

export class Edits {
  /** How many there were. */
  count = 0;
  readonly #random: Random;
  readonly #sourced: (app: AppSpec) => AppSpec;
  /** Each as often as its number says. */
  readonly #kinds: readonly (readonly [number, Edit])[] = [
    [35, (apps, at) => this.#with(apps, at, (app) => this.#renewed(app, this.#kind()))],
    [20, (apps, at) => this.#with(apps, at, (app) => ({ ...app, instances: this.#instances(app) }))],
    [
      8,
      (apps, at) => this.#with(apps, at, (app) => this.#renewed(app, 'good', { balance: this.#balance() })),
    ],
    [10, (apps, at) => this.#renamed(apps, at)],
    [4, (apps, at) => this.#with(apps, at, (app) => this.#inOtherMode(app))],
    [6, (apps, at) => this.#traded(apps, at)],
    [5, (apps, at) => this.#dependent(apps, at)],
    [4, (apps, at) => apps.filter((_, i) => i !== at)],
    [4, (apps) => [...apps]],
  ];

  /** @param sourced some apps come from elsewhere */
  constructor(random: Random, sourced: (app: AppSpec) => AppSpec) {
    this.#random = random;
    this.#sourced = sourced;
  }

  first(): AppSpec[] {
    return Array.from({ length: this.#random.between(1, 2) }, (_, i) => this.#app(i));
  }

  next(apps: readonly AppSpec[]): AppSpec[] {
    this.count += 1;
    const next = apps.length === 0 ? [] : this.#edited(apps);
    if (this.#random.chance(10)) next.push(this.#app(this.count + 10));
    return next.map((app, i) => withKnown(app, next.slice(0, i)));
  }

  /** What `scale` makes of the file; of another program than one there would be two on a port. */
  scaled(apps: readonly AppSpec[], at: number): AppSpec[] {
    this.count += 1;
    return this.#with(apps, at, (app) => ({ ...app, instances: this.#instances(app) }));
  }

  /** As `apps`, but everything works. */
  calm(apps: readonly AppSpec[]): AppSpec[] {
    this.count += 1;
    const runs = ({ app: name }: Dependency): boolean =>
      apps.some((app) => app.name === name && app.instances > 0);
    return apps.map((app) => {
      return { ...app, revision: revisionOf('good', CALM), dependsOn: app.dependsOn.filter(runs) };
    });
  }

  desired(apps: readonly AppSpec[]): Desired {
    const content = apps.map(({ name, revision, instances, dependsOn }) => [
      name,
      revision,
      instances,
      dependsOn,
    ]);
    const generation = `${this.count} ${JSON.stringify(content)}`;
    return { file: '/srv/ecosystem.yml', generation, apps, orphanTimeout: 60_000 };
  }

  #edited(apps: readonly AppSpec[]): AppSpec[] {
    let left = this.#random.between(
      1,
      this.#kinds.reduce((sum, [share]) => sum + share, 0),
    );
    const chosen = this.#kinds.find(([share]) => (left -= share) <= 0);
    return chosen?.[1](apps, this.#random.between(0, apps.length - 1)) ?? [...apps];
  }

  #with(apps: readonly AppSpec[], at: number, change: (app: AppSpec) => AppSpec): AppSpec[] {
    return apps.map((app, i) => (i === at ? change(app) : app));
  }

  #renamed(apps: readonly AppSpec[], at: number): AppSpec[] {
    return this.#with(apps, at, (app) => {
      const next = this.#random.chance(50) ? app : this.#renewed(app, this.#kind());
      return { ...next, name: `app-${this.count + 30}` };
    });
  }

  /** Two that have each other's port from now on. A program in fork mode binds for itself, and cannot wait for another one. */
  #traded(apps: readonly AppSpec[], at: number): AppSpec[] {
    const other = (at + 1) % apps.length;
    const areApt = [apps[at], apps[other]].every((app) => app?.process.mode === 'cluster');
    if (!areApt) return [...apps];
    return apps.map((app, i) => {
      const from = apps[i === at ? other : at];
      if (from === undefined || at === other || (i !== at && i !== other)) return app;
      return this.#renewed(app, this.#kind(), { env: from.process.env });
    });
  }

  /** One that is to start once the one before it in the file is ready. */
  #dependent(apps: readonly AppSpec[], at: number): AppSpec[] {
    const needed = apps[at - 1];
    const until = this.#random.chance(50) ? 'ready' : 'started';
    const dependsOn: Dependency[] = needed === undefined ? [] : [{ app: needed.name, until }];
    return this.#with(apps, at, (app) => ({ ...app, dependsOn }));
  }

  #inOtherMode(app: AppSpec): AppSpec {
    const isForked = app.process.mode === 'fork';
    const next = this.#renewed(app, this.#kind(), { mode: isForked ? 'cluster' : 'fork' });
    return isForked ? next : asProgram(next);
  }

  #renewed(app: AppSpec, kind: Kind, process: Partial<AppSpec['process']> = {}): AppSpec {
    return { ...app, revision: revisionOf(kind, this.count + 100), process: { ...app.process, ...process } };
  }

  #app(n: number): AppSpec {
    const app = spec({
      name: `app-${n}`,
      instances: this.#random.between(1, 4),
      revision: revisionOf('good', n),
      ready: this.#random.chance(20) ? { http: '/' } : 'auto',
      rollout: { deadline: 20_000, maxSurge: this.#random.between(1, 2) },
      process: { env: { PORT: String(8000 + n) }, balance: this.#balance() },
      triggers: {
        maxMemory: null,
        health: this.#random.chance(30) ? HEALTH : null,
        loopTimeout: this.#random.chance(40) ? 3000 : null,
        cron: null,
        watch: null,
      },
    });
    const isProgram = this.#random.chance(10);
    return this.#sourced(isProgram ? asProgram({ ...app, process: { ...app.process, mode: 'fork' } }) : app);
  }

  #kind(): Kind {
    return KINDS[this.#random.between(0, KINDS.length - 1)] ?? 'good';
  }

  #balance(): Balance {
    return BALANCES[this.#random.between(0, BALANCES.length - 1)] ?? 'shared';
  }

  #instances({ process }: AppSpec): number {
    return this.#random.between(0, process.mode === 'fork' ? 1 : 4);
  }
}

/** Two of them cannot have one port. */
function asProgram(app: AppSpec): AppSpec {
  const rollout = { ...app.rollout, maxSurge: 0, maxUnavailable: 1 };
  return { ...app, instances: Math.min(1, app.instances), ready: 'auto', rollout };
}

/** The file may name only apps that it has. */
function withKnown(app: AppSpec, before: readonly AppSpec[]): AppSpec {
  const known = app.dependsOn.filter((needed) => before.some(({ name }) => name === needed.app));
  return known.length === app.dependsOn.length ? app : { ...app, dependsOn: known };
}
