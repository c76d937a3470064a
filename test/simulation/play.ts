/** Plays one seed: a machine, a file that is edited, and whatever may befall it; throws as soon as something is wrong. */
import type { AppSpec } from '../../src/model/spec.ts';
import { Random } from '../plan/random.ts';
import { SimulatedClock, takeOverTime } from './clock.ts';
import { Commands } from './commands.ts';
import { Edits } from './edits.ts';
import { checkEnd } from './converged.ts';
import { check } from './invariants.ts';
import { isChecked } from './health.ts';
import { Machine } from './machine.ts';
import { Repositories } from './repositories.ts';
import { Life, type World } from './supervisor-life.ts';

/** How long bad things happen, in ms, and how long it may take until all is well after that; looked at now and then. */
const CHAOS = 20_000;
const CALM = 80_000;
const LOOK = 4000;

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
  readonly #edits: Edits;
  readonly #commands: Commands;
  readonly #world: World;
  #life: Life | null = null;
  #events = 0;
  #failure: Error | null = null;
  #isOver = false;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.machine = new Machine(new SimulatedClock(), new Random(seed ^ 0x5bd1e995));
    const repositories = new Repositories(new Random(seed ^ 0x2c1b3c6d));
    this.#edits = new Edits(this.#random, (app) => repositories.maybe(app));
    this.#world = {
      machine: this.machine,
      workers: [],
      list: [],
      programs: [],
      intents: new Map(),
      stopped: new Set(),
      file: { desired: this.#edits.desired(this.#edits.first()), version: 0 },
      repositories,
      watches: new Set(),
      owed: new Set(),
      spread: new Set(),
    };
    this.#commands = new Commands(
      this.#world,
      () => this.#die(),
      (error) => (this.#failure ??= error),
    );
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
    times(2, () => this.#sicken());
    times(2, () => this.#die());
    times(6, () => this.#commands.any(this.#life, this.#random));
    times(2, () => this.#scale());
    if (this.#random.chance(15)) times(1, () => this.#commands.down(this.#life));
    times(60, () => this.#client());
    times(4, () => this.#world.repositories.move());
    this.machine.clock.after(CHAOS, () => this.#calm());
  }

  #begin(): void {
    const life = new Life(this.#world);
    this.#life = life;
    this.machine.tell(`supervisor (${life.process.pid}) begins`);
    life.supervisor.start().catch((error: unknown) => (this.#failure = error as Error));
    if (this.machine.clock.now >= CHAOS) this.#commands.startAll(life);
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

  /** One of those that are asked how they are. */
  #sicken(): void {
    const checked = this.#world.workers.filter(isChecked).filter(({ process }) => process.isAlive);
    checked[this.#random.between(0, checked.length - 1)]?.sicken();
  }

  #scale(): void {
    const { apps } = this.#world.file.desired;
    const at = this.#random.between(0, apps.length - 1);
    const next = this.#edits.scaled(apps, at);
    const spec = next[at];
    if (spec === undefined) return;
    this.#commands.scale(this.#life, spec, () => this.#save(next));
  }

  #client(): void {
    const { owed } = this.#world;
    const port = [...owed][this.#random.between(0, owed.size - 1)];
    if (port !== undefined) this.machine.connect(port);
  }

  #edit(): void {
    this.#save(this.#edits.next(this.#world.file.desired.apps));
  }

  #save(apps: readonly AppSpec[]): void {
    const { file, watches } = this.#world;
    file.desired = this.#edits.desired(apps);
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
    this.#save(this.#edits.calm(apps));
    this.#world.repositories.mayFail = false;
    this.#commands.startAll(this.#life);
    this.#commands.apply(this.#life);
    this.machine.clock.after(this.#random.between(1, LOOK - 1), () => this.#sicken());
    this.#look();
  }

  /** Whether all is well already; if it never is, the last look says what is not. */
  #look(): void {
    this.machine.clock.after(LOOK, () => {
      this.#isOver = isNothingWrong(() => checkEnd(this.#world, this.#life));
      if (!this.#isOver) this.#look();
    });
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

function whatIs({ name, revision, instances }: AppSpec): string {
  return `${instances} of ${name} ${revision}`;
}

/** All that was promised has been dealt with, and all that was promised by that: a tick comes after all of it. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
