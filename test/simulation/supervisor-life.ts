/** One life of a supervisor on the machine: the whole of it, with the machine for the world. */
import type { Loaded } from '../../src/config/load-ecosystem.ts';
import type { Handlers } from '../../src/control/server.ts';
import type { Observed } from '../../src/model/observed.ts';
import type { Desired } from '../../src/model/spec.ts';
import { formatStep } from '../../src/plan/format.ts';
import { plan } from '../../src/plan/plan.ts';
import { applyStep } from '../../src/plan/reduce.ts';
import { EventLog } from '../../src/supervisor/event-log.ts';
import { Faults } from '../../src/supervisor/faults.ts';
import { assemble, type Supervisor } from '../../src/supervisor/run.ts';
import type { Effects, ProcessList } from '../../src/supervisor/effects.ts';
import type { Leftover } from '../../src/supervisor/takeover/leftover.ts';
import type { MetOrphan, OrphanSystem } from '../../src/supervisor/takeover/search.ts';
import { attend } from '../../src/workers/agent-worker.ts';
import { checkOrder } from '../plan/rules-order.ts';
import { checkPause, checkStep } from '../plan/rules.ts';
import type { Machine, Process } from './machine.ts';
import { Worker, type Peer } from './worker.ts';

/** What outlives a supervisor. */
export interface World {
  readonly machine: Machine;
  readonly workers: Worker[];
  /** On the disk: what supervisors have written down of their workers. */
  readonly list: Leftover[];
  readonly file: { desired: Desired; version: number };
  readonly watches: Set<() => void>;
  /** Ports on which every client is to be accepted, or to queue: a worker has served there, and its app is to. */
  readonly owed: Set<number>;
}

export class Life implements Peer {
  isAlive = true;
  /** Somebody has asked it to end. */
  isEnding = false;
  readonly process: Process;
  readonly supervisor: Supervisor;
  desired: Desired | null = null;
  /** Workers that are on their way out, or to be replaced as soon as another serves. */
  outgoing: ReadonlySet<number> = new Set();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    const { machine } = world;
    this.process = machine.fork('supervisor', {
      accepts: () => false,
      isStuck: () => false,
      killed: () => {
        this.isAlive = false;
        for (const worker of world.workers) if (worker.parent === this) worker.orphaned();
        for (const worker of world.workers) if (worker.met?.peer === this) worker.forsaken();
      },
    });
    const faults: Faults = new Faults({
      say: (line) => events.say(line),
      log: (error) => {
        throw error;
      },
      now: () => machine.clock.now,
    });
    const events = new EventLog(faults.tell);
    events.listen(({ text }) => machine.tell(`  ${text}`));
    const quiet = { sink: null, reloaded: () => {}, ending: () => (this.isEnding = true) };
    this.supervisor = assemble(
      world.file.desired,
      { events, faults, watch: true, ...quiet },
      this.#effects(),
    );
  }

  /** SIGKILL, or a crash: nothing more is heard of it, and its workers find out. */
  die(): void {
    this.#world.machine.end(this.process, 'killed');
  }

  get handlers(): Handlers {
    return this.supervisor.handlers;
  }

  #effects(): Effects {
    const { machine, watches } = this.#world;
    const { clock } = machine;
    return {
      timers: {
        now: () => clock.now,
        after: (delay, act) => clock.after(delay, this.#whileAlive(act)),
        soon: (act) => void clock.after(0, this.#whileAlive(act)),
      },
      plan: (desired, observed, now) => this.#plan(desired, observed, now),
      start: (launch, sockets, _rendezvous, _sink, news) => {
        const worker = new Worker(machine, launch, this);
        this.#world.workers.push(worker);
        return attend(worker.link, launch, sockets, news);
      },
      rendezvous: '',
      sockets: {
        bind: (query, reuse) => machine.bind(this.process, query, reuse),
        canReusePort: () => true,
        takenBy: () => ({ owner: null, reason: 'taken' }),
        removeDead: () => Promise.resolve(null),
      },
      reserve: { fill: () => {}, ease: () => {}, drop: () => {} },
      orphans: this.#orphans(),
      programs: NO_PROGRAMS,
      workers: this.#list(),
      keepState: () => () => {},
      load: () => this.#answer(1, 30, () => this.#loaded()),
      wayTo: () => this.#answer(0, 5, () => this.#way()),
      watchPlaces: (changed) => {
        const told = this.#whileAlive(changed);
        watches.add(told);
        return { arm: () => {}, close: () => watches.delete(told) };
      },
      watchSources: () => ({ close: () => {} }),
      processes: () => ({ usage: () => Promise.resolve(new Map()) }),
      versions: { ofAll: () => Promise.resolve(new Map()) },
      watchLoop: () => ({ delay: { p99: 0, max: 0 }, close: () => {} }),
    };
  }

  #whileAlive(act: () => void): () => void {
    return () => {
      if (this.isAlive) act();
    };
  }

  /** What is read takes its time, and is not answered to the dead. */
  #answer<T>(least: number, most: number, answer: () => T): Promise<T> {
    const { clock, random } = this.#world.machine;
    return new Promise((resolve) =>
      clock.after(random.between(least, most), () => {
        if (this.isAlive) resolve(answer());
      }),
    );
  }

  #loaded(): Loaded {
    const { desired } = this.#world.file;
    return {
      ...{ desired, diagnostics: [], text: '', texts: new Map(), files: [desired.file] },
      ...{ environments: [], checked: [] },
    };
  }

  #way(): Awaited<ReturnType<Effects['wayTo']>> {
    return { print: String(this.#world.file.version), isBroken: false, places: new Map() };
  }

  /** Each step is held to the rules of the plan. */
  #plan(desired: Desired, observed: Observed, now: number): ReturnType<typeof plan> {
    const next = plan(desired, observed, now);
    this.desired = desired;
    let then = observed;
    for (const step of next.steps) {
      const app = then.apps.find(({ name }) => name === step.app);
      this.#world.machine.tell(formatStep(step));
      checkStep(step, app, desired, now);
      checkOrder(step, then, desired, now);
      then = applyStep(then, step, desired, now);
    }
    this.outgoing = outgoingOf(then);
    if (next.steps.length === 0) checkPause(observed, desired, now, next.wakeAt, new Map());
    return next;
  }

  #list(): ProcessList {
    const { list, machine } = this.#world;
    const isAlive = ({ pid }: Pick<Leftover, 'pid'>): boolean => machine.processes.has(pid);
    return {
      add: (pid) => void list.push({ pid, born: 0, killSignal: 'SIGTERM', killTimeout: 1600 }),
      get left() {
        return list.filter(isAlive);
      },
      endLeftovers: () => Promise.resolve(0),
      check: () => {},
      touch: () => {},
      tidy: () => {
        if (!list.some(isAlive)) list.length = 0;
      },
    };
  }

  #orphans(): OrphanSystem {
    const { workers, machine } = this.#world;
    const { clock, random } = machine;
    const find = (pid: number): Worker | undefined => workers.find(({ process }) => process.pid === pid);
    return {
      waiting: () => workers.filter((one) => one.isWaiting).map(({ process }) => process.pid),
      meet: (pid, events) => {
        const worker = find(pid);
        let orphan: MetOrphan | null = null;
        let isOver = false;
        const gone = this.#whileAlive(() => {
          if (!isOver) events.gone(orphan);
          isOver = true;
        });
        const answer = this.#whileAlive(() => {
          if (isOver || !worker?.turns) return;
          if (!worker.process.isAlive || !worker.isWaiting) return gone();
          orphan = this.#orphan(worker, gone);
          events.met(orphan);
        });
        if (worker !== undefined) worker.met = { peer: this, released: () => events.released(), gone };
        clock.after(random.between(1, 50), answer);
        return gone;
      },
      tidy: () => {},
      isAlive: ({ pid }) => machine.processes.has(pid),
      endLeftover: ({ pid }) => {
        find(pid)?.kill();
        return this.#answer(50, 100, () => {});
      },
      kill: (pid) => find(pid)?.kill(),
    };
  }

  #orphan(worker: Worker, gone: () => void): MetOrphan {
    const { spec, slot } = worker.launch;
    const { stop } = spec;
    const offers = worker.offers;
    let isLeaving = false;
    const { clock } = this.#world.machine;
    return {
      ...{ pid: worker.process.pid, app: spec.name, slot, offers, ledger: null },
      get isLeaving() {
        return isLeaving;
      },
      take: (offer) => this.#answer(1, 20, () => worker.descriptorOf(offer)?.copyFor(this.process) ?? null),
      leave: () => {
        if (isLeaving) return;
        isLeaving = true;
        worker.drain(stop, () => worker.signalled());
        clock.after(stop.drainTimeout + stop.killTimeout, () => worker.kill());
      },
      kill: () => worker.kill(),
      letGo: () => {
        worker.met = null;
        worker.isWaiting = worker.isServing;
        gone();
      },
    };
  }
}

function outgoingOf({ apps }: Observed): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const { workers } of apps)
    for (const { id, status, unfit } of workers)
      if (status === 'draining' || status === 'stopping' || unfit !== null) ids.add(id);
  return ids;
}

const NO_PROGRAMS: ProcessList = {
  ...{ left: [], add: () => {}, check: () => {}, touch: () => {}, tidy: () => {} },
  endLeftovers: () => Promise.resolve(0),
};
