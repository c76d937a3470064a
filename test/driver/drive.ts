/** One seed: step after step, and after each what must hold. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../soak/random.ts';
import { blows } from './blows.ts';
import { commands } from './commands.ts';
import { listens } from './content.ts';
import { firstContent } from './ecosystem.ts';
import { evidence } from './evidence.ts';
import { edits } from './edits.ts';
import { violations } from './invariants.ts';
import { looks } from './looks.ts';
import { lossViolations, type Round } from './losses.ts';
import { mistakes, repair } from './mistakes.ts';
import { addressOf, Model } from './model.ts';
import { overlaps } from './overlaps.ts';
import { Place } from './place.ts';
import { freePorts } from './ports.ts';
import { sizeOf, type Size } from './proc.ts';
import { type Chances, type Choice, type Step } from './step.ts';
import { Violation } from './violation.ts';
import { World, type Build } from './world.ts';

/** How long it may take until all is at rest after a step, in ms. */
const SETTLED = 15_000;
/** Between two looks, in ms. */
const LOOK = 25;
/** What the supervisor may have at most: bytes, and descriptors. */
const MOST: Size = { memory: 200 * 1024 * 1024, descriptors: 200 };

/** The first step. */
const START: Chances = { 'up -d': chanceOf(commands, 'up -d') };

export interface Options {
  readonly seed: number;
  readonly count: number;
  readonly build: Build;
  /** Steps that are left out, by name. */
  readonly without?: readonly string[];
  readonly say?: (line: string) => void;
}

export interface Result {
  readonly seed: number;
  /** What was done, in order. */
  readonly steps: readonly string[];
  readonly requests: number;
  readonly cut: number;
  /** Null: all held. */
  readonly violation: string | null;
  readonly ms: number;
}

const worlds = new Set<World>();

/** For whoever has to end before the seeds do. */
export async function closeAll(): Promise<void> {
  await Promise.all([...worlds].map((world) => world.close()));
}

export async function drive({ seed, count, build, without = [], say = () => {} }: Options): Promise<Result> {
  const begun = performance.now();
  const steps: string[] = [];
  const place = new Place();
  const world = new World(place, build);
  worlds.add(world);
  const driven = { requests: 0, cut: 0 };
  let violation: string | null = null;
  const random = new Random(seed);
  const ports = await freePorts(6);
  const model = new Model(firstContent(random, place, ports));
  try {
    await place.save(model.content, 'written in place', { apps: [], fault: null });
    const all = {
      ...edits({ ports, sockets: place.sockets }),
      ...mistakes,
      ...commands,
      ...looks,
      ...blows,
      ...overlaps,
    };
    const wanted = Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name)));
    const round = new Rounds(world, model, driven);
    for (let i = 0; i < count; i++) {
      const addresses = model.running().filter(listens);
      const step = choose(i === 0 ? START : wanted, model, random);
      steps.push(step.text);
      const started = performance.now();
      await round.take(step, new Set(addresses.map(addressOf)));
      say(`seed ${seed} step ${i + 1}: ${step.text} (${Math.round(performance.now() - started)} ms)`);
    }
  } catch (error) {
    const text = error instanceof Violation ? error.message : `the driver itself failed: ${stackOf(error)}`;
    violation = `${text}\n${await evidence(world, model)}`;
  } finally {
    await world.close();
    worlds.delete(world);
  }
  return { seed, steps, ...driven, violation, ms: Math.round(performance.now() - begun) };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

class Rounds {
  readonly #world: World;
  readonly #model: Model;
  readonly #driven: { requests: number; cut: number };
  #supervisor: number | null = null;
  /** The last of them, for requests that take long to fail. */
  #rounds: readonly Round[] = [];

  constructor(world: World, model: Model, driven: { requests: number; cut: number }) {
    this.#world = world;
    this.#model = model;
    this.#driven = driven;
  }

  async take(step: Step, before: ReadonlySet<string>): Promise<void> {
    const { load } = this.#world;
    const serving = this.#model.running().filter(listens);
    // Where any request may be lost, there is nothing to learn from one.
    await load.on(
      serving.filter((app) => before.has(addressOf(app)) && step.losses.get(addressOf(app)) !== 'any'),
    );
    this.#rounds = [...this.#rounds.slice(-99), { text: step.text, losses: step.losses, begun: Date.now() }];
    await step.act(this.#world);
    await this.#settle();
    const tally = await load.on(serving);
    this.#driven.requests = tally.requests;
    const { wrong, cut } = lossViolations(tally.failures, this.#rounds);
    this.#driven.cut += cut;
    if (wrong.length > 0) throw new Violation(`requests failed:\n  ${wrong.join('\n  ')}`);
    await this.#sameSupervisor(step);
  }

  /** @throws Violation with what still does not hold. */
  async #settle(): Promise<void> {
    const end = performance.now() + SETTLED;
    for (;;) {
      const wrong = await violations(this.#world, this.#model);
      if (wrong.length === 0) return;
      if (performance.now() > end) {
        throw new Violation(`not at rest within ${SETTLED} ms:\n  ${wrong.join('\n  ')}`);
      }
      await sleep(LOOK);
    }
  }

  async #sameSupervisor(step: Step): Promise<void> {
    const pid = (await this.#world.state())?.supervisor.pid ?? null;
    if (this.#supervisor !== null && pid !== this.#supervisor && !step.endsSupervisor) {
      throw new Violation(`the supervisor was ${this.#supervisor}, and is ${pid ?? 'gone'}`);
    }
    this.#supervisor = pid;
    if (pid === null) return;
    const { memory, descriptors } = sizeOf(pid);
    if (memory > MOST.memory)
      throw new Violation(`the supervisor has ${Math.round(memory / 1024 / 1024)} MB`);
    if (descriptors > MOST.descriptors) throw new Violation(`the supervisor has ${descriptors} descriptors`);
  }
}

function choose(chances: Chances, model: Model, random: Random): Step {
  const isAway = model.content.fault === 'folder away';
  const names = Object.keys(chances).filter((name) => !isAway || name === 'look');
  // What is broken is mended sooner or later, and nothing much happens without a supervisor.
  const idle =
    model.supervision === 'alive' || isAway || chances === START
      ? []
      : ['up -d', 'two ups at once', 'up in the foreground'];
  const all = [
    ...names.map((name) => chanceOf(chances, name)),
    ...idle.map((name) => ({ ...chanceOf(chances, name), weight: 20 })),
    { weight: model.asAsked ? 0 : 30, choose: repair },
  ];
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  for (;;) {
    let at = random.next() * total;
    const chosen = all.find(({ weight }) => (at -= weight) < 0);
    const step = chosen?.choose(model, random) ?? null;
    if (step !== null) return step;
  }
}

function chanceOf(chances: Chances, name: string): { weight: number; choose: Choice } {
  const chance = chances[name];
  if (chance === undefined) throw new Error(`there is no step "${name}"`);
  return chance;
}
