/** What replaces workers by itself, for each app of the file: its schedule, its files, its limit of memory. */
import type { Clock } from '../model/clock.ts';
import type { ObservedApp } from '../model/observed.ts';
import type { AppSpec, Desired } from '../model/spec.ts';
import type { Usage } from './processes.ts';
import { burst, type Burst } from './sources/burst.ts';
import { schedule, type Closable } from './cron.ts';
import { MemoryWatch } from './memory.ts';
import { watchSources, type WatchSources } from './sources/source-watch.ts';

export interface TriggerOptions {
  readonly clock: Clock;
  readonly apps: () => readonly ObservedApp[];
  readonly usage: (ages: ReadonlyMap<number, number>) => Promise<ReadonlyMap<number, Usage>>;
  /** Roll the app, with why. */
  readonly reload: (app: string, cause: string) => void;
  /** Replace this one worker. */
  readonly unfit: (app: string, worker: number, cause: string) => void;
  readonly say: (text: string, level: 'info' | 'bad') => void;
  readonly watchSources?: WatchSources;
}

interface Open extends Closable {
  /** All that it depends on; with another, it is closed and opened anew. */
  readonly key: string;
}

export class Triggers {
  readonly #options: TriggerOptions;
  readonly #memory: MemoryWatch;
  readonly #crons = new Map<string, Open>();
  readonly #watches = new Map<string, Open & { readonly burst: Burst }>();

  constructor(options: TriggerOptions) {
    this.#options = options;
    this.#memory = new MemoryWatch(options);
  }

  /** From now on as this asks for. An app without workers has nothing to replace. */
  follow({ apps, file }: Pick<Desired, 'apps' | 'file'>): void {
    const running = apps.filter(({ instances }) => instances > 0);
    keep(this.#crons, running, (app) => this.#cron(app));
    keep(this.#watches, running, (app) => this.#watch(app, file));
    this.#memory.turn(running.some(({ triggers }) => triggers.maxMemory !== null));
  }

  /** A rollout of the app may have ended. */
  settled(app: string): void {
    this.#watches.get(app)?.burst.settled();
  }

  close(): void {
    this.follow({ apps: [], file: '' });
  }

  #cron({ name, triggers: { cron } }: AppSpec): [string, () => Open] | null {
    if (cron === null) return null;
    const key = JSON.stringify(cron);
    const cause = `cron ${cron.line}`;
    const due = (): void => {
      if (this.#isRolling(name)) this.#options.say(`${name}: ${cause} skipped: it is still rolling`, 'info');
      else this.#options.reload(name, cause);
    };
    return [key, () => ({ key, ...schedule(cron, due) })];
  }

  #watch(app: AppSpec, ecosystem: string): [string, () => Open & { burst: Burst }] | null {
    const { name, process, triggers } = app;
    const { watch: spec } = triggers;
    if (spec === null) return null;
    const { cwd } = process;
    const key = JSON.stringify([spec, cwd]);
    const open = (): Open & { burst: Burst } => {
      const { reload, say, watchSources: start = watchSources } = this.#options;
      const changes = burst({
        delay: spec.delay,
        isBusy: () => this.#isRolling(name),
        act: (cause) => reload(name, cause),
        repeats: (file) => say(`${name}: watch ${repeatedly(file)}`, 'bad'),
      });
      const watcher = start({
        spec,
        cwd,
        ecosystem,
        changed: changes.add,
        failed: (message) => say(`${name}: watch ${message}`, 'bad'),
      });
      const close = (): void => {
        changes.close();
        watcher.close();
      };
      return { key, burst: changes, close };
    };
    return [key, open];
  }

  #isRolling(name: string): boolean {
    const app = this.#options.apps().find((candidate) => candidate.name === name);
    const { rollout, spec } = app ?? {};
    return rollout == null || rollout.state === 'progressing' || rollout.to !== spec?.revision;
  }
}

function repeatedly(file: string): string {
  return `rolls less and less often from now on: ${file} has changed each time the app started, so it is probably written by the app; leave it out with \`ignore_watch: [${JSON.stringify(file)}]\``;
}

/** Closes what no app asks for any more, and opens what one asks for first, or otherwise than before. */
function keep<T extends Open>(
  open: Map<string, T>,
  apps: readonly AppSpec[],
  wanted: (app: AppSpec) => [key: string, open: () => T] | null,
): void {
  const next = new Map(apps.map((app) => [app.name, wanted(app)]));
  for (const [name, { key, close }] of open) {
    if (next.get(name)?.[0] === key) continue;
    close();
    open.delete(name);
  }
  for (const [name, want] of next) {
    const [, start] = want ?? [];
    if (start !== undefined && !open.has(name)) open.set(name, start());
  }
}
