/** Plays one seed: a machine, a file that is edited, and whatever may befall it; throws as soon as something is wrong. */
import type { Call } from '../../src/control/server.ts';
import type { Operation } from '../../src/model/control.ts';
import type { AppSpec, Desired } from '../../src/model/spec.ts';
import { spec } from '../plan/build.ts';
import { Random } from '../plan/random.ts';
import { type Kind, revisionOf } from '../plan/scenario.ts';
import { SimulatedClock, takeOverTime } from './clock.ts';
import { check, checkConverged, checkEnd } from './invariants.ts';
import { Machine } from './machine.ts';
import { Life, type World } from './supervisor-life.ts';

/** How long bad things happen, in ms, and how long it may take until all is well after that; looked at now and then. */
const CHAOS = 20_000;
const CALM = 80_000;
const LOOK = 4000;
const KINDS: readonly Kind[] = ['good', 'good', 'good', 'good', 'crash', 'hang', 'flaky'];
const COMMANDS = ['wait', 'apply', 'reload', 'restart', 'stop', 'start', 'rollback', 'wait'] as const;

export interface Played {
  /** What happened, line by line; the same for the same seed. */
  readonly story: readonly string[];
  readonly events: number;
}

export class Broken extends Error {
  readonly story: readonly string[];

  constructor(seed: number, cause: unknown, story: readonly string[]) {
    super(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.story = story;
  }
}

export async function play(seed: number): Promise<Played> {
  const game = new Game(seed);
  const restore = takeOverTime(
    () => game.machine.clock,
    () => game.lives(),
  );
  try {
    return await game.run();
  } catch (error) {
    throw new Broken(seed, error, game.machine.story);
  } finally {
    restore();
  }
}

class Game {
  readonly machine: Machine;
  readonly #random: Random;
  readonly #world: World;
  #life: Life | null = null;
  #edits = 0;
  #events = 0;
  #failure: Error | null = null;
  #isOver = false;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.machine = new Machine(new SimulatedClock(), new Random(seed ^ 0x5bd1e995));
    const apps = Array.from({ length: this.#random.between(1, 2) }, (_, i) => this.#app(i));
    this.#world = {
      machine: this.machine,
      workers: [],
      list: [],
      file: { desired: this.#desire(apps), version: 0 },
      watches: new Set(),
      owed: new Set(),
    };
  }

  /** Whether the supervisor that is there now still is. */
  lives(): () => boolean {
    const life = this.#life;
    return () => life === null || life.isAlive;
  }

  async run(): Promise<Played> {
    this.#begin();
    this.#plan();
    await settled();
    const { clock } = this.machine;
    const end = CHAOS + CALM;
    for (let act = clock.next(end); act !== null; act = clock.next(end)) {
      act();
      this.#events += 1;
      await settled();
      if (this.#failure !== null) throw this.#failure;
      this.#forget();
      check(this.#world, this.#life);
      if (this.#isOver) break;
    }
    checkEnd(this.#world, this.#life);
    return { story: this.machine.story, events: this.#events };
  }

  /** Who has ended, and of whom that is known. */
  #forget(): void {
    const { workers } = this.#world;
    const at = workers.findIndex(({ process, isReaped }) => !process.isAlive && isReaped);
    if (at >= 0) workers.splice(at, 1);
  }

  /** What is to happen, and when. */
  #plan(): void {
    const at = (): number => this.#random.between(0, CHAOS);
    const times = (most: number, act: () => void): void => {
      for (let n = this.#random.between(0, most); n > 0; n -= 1) this.machine.clock.after(at(), act);
    };
    times(6, () => this.#edit());
    times(4, () => this.#worker()?.crash());
    times(2, () => this.#worker()?.hang());
    times(2, () => this.#die());
    times(6, () => this.#command(COMMANDS[this.#random.between(0, COMMANDS.length - 1)] ?? 'wait'));
    if (this.#random.chance(15)) times(1, () => this.#down());
    times(60, () => this.#client());
    this.machine.clock.after(CHAOS, () => this.#calm());
  }

  #begin(): void {
    const life = new Life(this.#world);
    this.#life = life;
    this.machine.tell(`supervisor (${life.process.pid}) begins`);
    life.supervisor.start().catch((error: unknown) => (this.#failure = error as Error));
  }

  #die(): void {
    if (this.#life === null) return;
    this.#life.die();
    this.#life = null;
    this.machine.clock.after(this.#random.between(0, 2000), () => this.#begin());
  }

  #worker(): World['workers'][number] | undefined {
    const living = this.#world.workers.filter(({ process }) => process.isAlive);
    return living[this.#random.between(0, living.length - 1)];
  }

  #client(): void {
    const { owed } = this.#world;
    const port = [...owed][this.#random.between(0, owed.size - 1)];
    if (port !== undefined) this.machine.connect(port);
  }

  #edit(): void {
    const { apps } = this.#world.file.desired;
    const at = this.#random.between(0, apps.length - 1);
    const next = apps.flatMap((app, i) => (i === at ? this.#changed(app) : [app]));
    if (this.#random.chance(10)) next.push(this.#app(this.#edits + 10));
    this.#save(next);
  }

  #changed(app: AppSpec): AppSpec[] {
    if (this.#random.chance(50)) return [{ ...app, revision: this.#revision() }];
    if (this.#random.chance(70)) return [{ ...app, instances: this.#random.between(0, 4) }];
    return this.#random.chance(50) ? [] : [app];
  }

  #save(apps: readonly AppSpec[]): void {
    this.#edits += 1;
    const { file, watches } = this.#world;
    file.desired = this.#desire(apps);
    file.version += 1;
    this.machine.tell(`the file asks for ${apps.map(whatIs).join(', ')}`);
    // What tells of it may miss it.
    if (this.#random.chance(80))
      for (const changed of watches) this.machine.clock.after(this.#random.between(1, 20), changed);
  }

  /** Nothing bad happens any more: the last edit is one that works. */
  #calm(): void {
    this.machine.tell('calm');
    for (const worker of this.#world.workers) if (!worker.turns) worker.crash();
    const { apps } = this.#world.file.desired;
    this.#save(apps.map((app) => ({ ...app, revision: revisionOf('good', 1000) })));
    this.#look();
  }

  /** Whether all is well already; if it never is, the last look says what is not. */
  #look(): void {
    this.machine.clock.after(LOOK, () => {
      this.#isOver = isNothingWrong(() => checkEnd(this.#world, this.#life));
      if (!this.#isOver) this.#look();
    });
  }

  #app(n: number): AppSpec {
    return spec({
      name: `app-${n}`,
      instances: this.#random.between(1, 4),
      revision: revisionOf('good', n),
      rollout: { deadline: 20_000, maxSurge: this.#random.between(1, 2) },
      process: { env: { PORT: String(8000 + n) }, balance: 'shared' },
      triggers: {
        maxMemory: null,
        health: null,
        loopTimeout: this.#random.chance(40) ? 3000 : null,
        cron: null,
        watch: null,
      },
    });
  }

  #revision(): string {
    return revisionOf(KINDS[this.#random.between(0, KINDS.length - 1)] ?? 'good', this.#edits);
  }

  #desire(apps: readonly AppSpec[]): Desired {
    const generation = `${this.#edits} ${JSON.stringify(apps.map(({ name, revision, instances }) => [name, revision, instances]))}`;
    return { file: '/srv/ecosystem.yml', generation, apps, orphanTimeout: 60_000 };
  }

  #down(): void {
    const life = this.#life;
    if (life === null || life.isEnding) return;
    this.machine.tell('down');
    void this.#call(life, 'down', {}, () => {
      const left = this.#world.workers.find(({ process }) => process.isAlive);
      if (left !== undefined) throw new Error(`down has ended, but ${left.process.what} has not`);
      this.#die();
    });
  }

  #command(op: (typeof COMMANDS)[number]): void {
    const life = this.#life;
    if (life === null) return;
    const { version } = this.#world.file;
    const apps = this.#world.file.desired.apps.map(({ name }) => name);
    const app = apps[this.#random.between(0, apps.length - 1)] ?? 'none';
    const args = op === 'apply' ? { plan: null } : op === 'wait' ? {} : { app };
    this.machine.tell(`${op} ${app}`);
    void this.#call(life, op, args, (result) => this.#answered(life, op, result, version));
  }

  #answered(life: Life, op: Operation, result: unknown, version: number): void {
    this.machine.tell(`${op}: ${JSON.stringify(result)}`);
    const { ending, converged } = (result ?? {}) as { ending?: boolean; converged?: boolean };
    if (life.isEnding && ending !== true) throw new Error(`${op} succeeded though all is about to end`);
    if (op === 'wait' && converged === true && life.desired !== null)
      checkConverged(this.#world, life, life.desired);
    // It is planned for in the next turn.
    if (op === 'apply' && ending === false)
      this.machine.clock.after(0, () => {
        if (life.isAlive && !life.isEnding && version > appliedBy(life))
          throw new Error('apply succeeded, but the file was not applied');
      });
  }

  async #call(life: Life, op: Operation, args: object, done: (result: unknown) => void): Promise<void> {
    const call: Call = {
      item: () => true,
      writable: () => Promise.resolve(),
      signal: new AbortController().signal,
    };
    try {
      const handler = life.handlers[op] as (args: object, call: Call) => unknown;
      const result = await handler(args, call);
      if (life.isAlive) done(result);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!isRefusal(error)) this.#failure ??= error;
      else this.machine.tell(`${op}: ${error.message}`);
    }
  }
}

function isNothingWrong(look: () => void): boolean {
  try {
    look();
    return true;
  } catch {
    return false;
  }
}

/** The version of the file that is applied. */
function appliedBy({ desired }: Life): number {
  return Number(desired?.generation.split(' ')[0] ?? -1);
}

function isRefusal(error: Error): boolean {
  return /is shutting down|there is no app|has no earlier stable/.test(error.message);
}

function whatIs({ name, revision, instances }: AppSpec): string {
  return `${instances} of ${name} ${revision}`;
}

/** All that was promised has been dealt with. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
}
