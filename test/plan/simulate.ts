/** The supervisor's loop on a virtual clock against simulated processes, every step checked. */
import type { Failing, Observed } from '../../src/model/observed.ts';
import type { WorkerEvent } from '../../src/model/worker-event.ts';
import type { AppSpec, Desired } from '../../src/model/spec.ts';
import type { Step } from '../../src/model/step.ts';
import { formatStep } from '../../src/plan/format.ts';
import { plan } from '../../src/plan/plan.ts';
import { applyDesired } from '../../src/observe/reduce/reduce-desired.ts';
import { applyEvent, applyStep } from '../../src/observe/reduce/reduce.ts';
import { spec } from './build.ts';
import { afterEdit, afterStep, isLosing, isMakingWay, type Leavers } from './leavers.ts';
import { Ports } from './ports.ts';
import { type Deed, draining, killed, life, stopping } from './process.ts';
import { Random } from './random.ts';
import { checkOrder } from './rules-order.ts';
import { checkPause, checkStep } from './rules.ts';
import { edited, kindOf, revisionOf, type Scenario } from './scenario.ts';

/** All that can happen after the last edit has happened by then: the slowest are chains of backoffs. */
const PATIENCE = 200_000;
/** How many plans with steps one moment may have: what one plan says is all there is to do. */
const MAX_ROUNDS = 1;

const BLOCKED: Failing = { kind: 'loop', cause: 'is blocked' };

export interface End {
  readonly desired: Desired;
  readonly observed: Observed;
  readonly now: number;
  /** Whether nothing was left to wait for. */
  readonly isAtRest: boolean;
  /** How often what happened: kinds of steps and of events, outcomes of rollouts, and sleeps. */
  readonly tally: ReadonlyMap<string, number>;
  /** Apps that are not in the file and stay. */
  readonly leavers: Leavers;
}

/** Plays a scenario to its end; throws as soon as a rule is broken. */
export function simulate(scenario: Scenario): End {
  const simulation = new Simulation(scenario);
  try {
    return simulation.run();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${simulation.tell()}`, { cause: error });
  }
}

class Simulation {
  private readonly random: Random;
  private readonly edits: { at: number; apps: AppSpec[] }[];
  private readonly calmFrom: number;
  private readonly agenda: { at: number; event: WorkerEvent }[] = [];
  private desired: Desired = { file: '/srv/ecosystem.yml', generation: 'none', apps: [], orphanTimeout: 0 };
  private observed: Observed = { apps: [] };
  private now = 0;
  private wakeAt: number | null = null;
  private nextId = 0;
  private readonly sleeps: boolean;
  private readonly tally = new Map<string, number>();
  private leavers: Leavers = new Map();
  private readonly ports = new Ports();
  private readonly story: { at: number; step: Step }[] = [];

  constructor(scenario: Scenario) {
    this.random = new Random(scenario.seed);
    this.sleeps = scenario.sleeps;
    this.edits = versions(scenario);
    this.calmFrom = this.edits.at(-1)?.at ?? 0;
  }

  run(): End {
    for (;;) {
      const next = this.nextTime();
      if (next === null || next > this.calmFrom + PATIENCE) return this.end(next === null);
      this.now = next + this.sleep(next);
      this.happen();
      if (this.edit()) this.checkSame();
      this.settle();
    }
  }

  /** The last steps, for whoever has to find out what went wrong. */
  tell(): string {
    return this.story
      .slice(-20)
      .map(({ at, step }) => `${at} ${formatStep(step)}`)
      .join('\n');
  }

  private nextTime(): number | null {
    const times = [
      this.edits[0]?.at ?? Infinity,
      this.wakeAt ?? Infinity,
      ...this.agenda.map(({ at }) => at),
    ];
    const next = Math.min(...times);
    return next === Infinity ? null : next;
  }

  /** How long nobody looks (less than a deadline); what happens meanwhile is heard of, all at once, after it. */
  private sleep(from: number): number {
    if (!this.sleeps || from >= this.calmFrom || !this.random.chance(3)) return 0;
    this.count('sleep');
    return this.random.between(1, 20_000);
  }

  private count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }

  private edit(): boolean {
    const before = this.desired;
    while (this.edits[0] !== undefined && this.edits[0].at <= this.now) {
      const { apps } = this.edits.shift() ?? { apps: [] };
      const desired = freeze({ ...this.desired, generation: `${this.edits.length} to come`, apps });
      this.leavers = afterEdit(this.leavers, this.desired, desired, this.observed);
      this.desired = desired;
      this.observed = freeze(applyDesired(this.observed, this.desired));
    }
    return this.desired !== before;
  }

  private happen(): void {
    const due = this.agenda.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at);
    for (const entry of due) {
      this.agenda.splice(this.agenda.indexOf(entry), 1);
      this.feed(this.ports.asSeen(this.observed, { ...entry.event, at: this.now }));
    }
  }

  private feed(event: WorkerEvent | null): void {
    if (event === null) return;
    this.observed = freeze(applyEvent(this.observed, event));
    this.count(event.type);
    if (event.type !== 'exited') return;
    const rest = this.agenda.filter((entry) => entry.event.id !== event.id);
    this.agenda.splice(0, this.agenda.length, ...rest);
    for (const free of this.ports.ended(event.id))
      this.agenda.push({ at: this.now, event: { ...free, at: this.now } });
  }

  private settle(): void {
    for (let round = 0; ; round++) {
      const { steps, wakeAt } = plan(this.desired, this.observed, this.now);
      this.wakeAt = wakeAt;
      if (steps.length === 0) {
        checkPause(this.observed, this.desired, this.now, wakeAt, this.leavers);
        return;
      }
      if (round === MAX_ROUNDS) throw new Error(`no end of steps: ${steps.map(formatStep).join('; ')}`);
      for (const step of steps) this.execute(step);
    }
  }

  /** A state read back from a file is planned like the one it was written from, and both alike each time. */
  private checkSame(): void {
    const again = structuredClone(this.observed);
    const [a, b] = [this.observed, again].map((observed) => plan(this.desired, observed, this.now));
    if (JSON.stringify(a) !== JSON.stringify(b)) throw new Error('the same state is planned in two ways');
  }

  private execute(step: Step): void {
    this.story.push({ at: this.now, step });
    this.count(step.kind === 'fail' ? step.outcome : step.kind);
    const app = this.observed.apps.find(({ name }) => name === step.app);
    if (!isLosing(app, this.leavers)) checkStep(step, app, this.desired, this.now);
    const leaver = this.leavers.get(step.app);
    const makesWay = leaver !== undefined && isMakingWay(leaver, this.observed);
    checkOrder(step, this.observed, this.desired, this.now, makesWay);
    this.leavers = afterStep(this.leavers, step, this.observed, this.now);
    this.observed = freeze(applyStep(this.observed, step, this.desired, this.now));
    switch (step.kind) {
      case 'start':
        return this.start(step.app, step.slot, step.revision);
      case 'drain':
        return this.expect(step.app, step.worker, draining(this.random));
      case 'stop': {
        const revision = app?.workers.find(({ id }) => id === step.worker)?.revision ?? '';
        return this.expect(step.app, step.worker, stopping(kindOf(revision), this.random));
      }
      case 'kill':
        return this.expect(step.app, step.worker, killed(this.random));
    }
  }

  private start(app: string, slot: number, revision: string): void {
    const id = this.nextId++;
    this.feed({ type: 'started', at: this.now, app, id, slot, revision, pid: 1_000 + id });
    this.ports.started(this.observed, app, id);
    this.expect(app, id, life(kindOf(revision), this.random, this.now >= this.calmFrom));
  }

  /** Chaos ends with the last edit, also for those who had it coming. */
  private expect(app: string, id: number, deeds: readonly Deed[]): void {
    for (const { after, type, exit } of deeds) {
      const at = this.now + after;
      if (type === 'exited' && exit.signal === 'SIGSEGV' && at > this.calmFrom) continue;
      if (type === 'unfit' && at > this.calmFrom) continue;
      // Half of them because they are blocked.
      if (type === 'unfit' && id % 2 === 1)
        this.agenda.push({ at, event: { type: 'failing', at, app, id, failing: BLOCKED } });
      this.agenda.push({ at, event: eventOf(type, at, app, id, exit) });
    }
  }

  private end(isAtRest: boolean): End {
    const { desired, observed, now, tally, leavers } = this;
    return { desired, observed, now, isAtRest, tally, leavers };
  }
}

function eventOf(type: Deed['type'], at: number, app: string, id: number, exit: Deed['exit']): WorkerEvent {
  if (type === 'exited') return { type, at, app, id, exit };
  return type === 'unfit' ? { type, at, app, id, cause: 'is too big' } : { type, at, app, id };
}

/** Every version of the file with its time. */
function versions(scenario: Scenario): { at: number; apps: AppSpec[] }[] {
  const first = scenario.apps.map(
    ({ instances, kind, canary, namesPort, mode = 'cluster', dependsOn = [] }, i) =>
      freeze(
        spec({
          name: `app-${i}`,
          instances,
          revision: revisionOf(kind, 0),
          rollout: { deadline: 30_000, canary, canaryPause: 2_000 },
          dependsOn,
          // In fork mode each worker has a port of its own.
          process: {
            mode,
            incrementVar: 'PORT',
            ...(namesPort === true ? { env: { PORT: String(8_000 + 100 * i) } } : {}),
          },
          ...(kind === 'job' ? { namesPort: false, restart: { auto: false } } : {}),
        }),
      ),
  );
  const all = [first];
  let at = 0;
  const later = scenario.edits.map((edit, i) => {
    at += edit.after;
    const apps = edited(all.at(-1) ?? [], edit, all, i + 1);
    all.push(freeze(apps));
    return { at, apps };
  });
  return [{ at: 0, apps: first }, ...later];
}

/** Deeply; what is frozen already is not looked at again. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(freeze);
  return Object.freeze(value);
}
