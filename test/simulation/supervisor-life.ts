/** One life of a supervisor on the machine: the whole of it, with the machine for the world. */
import type { Loaded } from '../../src/config/load-ecosystem.ts';
import type { Handlers } from '../../src/control/server.ts';
import { specOf } from '../../src/observe/facts/target.ts';
import type { Observed, ObservedApp, ObservedWorker } from '../../src/model/observed.ts';
import type { AppSpec, Desired } from '../../src/model/spec.ts';
import { formatStep } from '../../src/plan/format.ts';
import { plan } from '../../src/plan/plan.ts';
import { applyEvent, applyStep } from '../../src/observe/reduce/reduce.ts';
import { EventLog } from '../../src/supervisor/event-log.ts';
import { Faults } from '../../src/supervisor/faults.ts';
import { assemble, type Supervisor } from '../../src/supervisor/run.ts';
import type { Effects } from '../../src/supervisor/effects.ts';
import type { KeptIntents } from '../../src/supervisor/kept-intents.ts';
import type { Leftover } from '../../src/supervisor/takeover/leftover.ts';
import { isDatagrams } from '../../src/sockets/address.ts';
import { EINVAL } from '../../src/sockets/bind.ts';
import { attend, balanceOf } from '../../src/workers/agent-worker.ts';
import { afterEdit, isLosing, isMakingWay, type Leavers } from '../plan/leavers.ts';
import { checkOrder } from '../plan/rules-order.ts';
import { checkPause, checkStep } from '../plan/rules.ts';
import { isExclusive, Kin } from './kin.ts';
import type { Machine, Process } from './machine.ts';
import { outgoingOf, startedBy } from './known.ts';
import { orphanSystemOf } from './orphans.ts';
import { listOf } from './process-list.ts';
import { Program } from './program.ts';
import type { Repositories } from './repositories.ts';
import { AcceptedConnection, Descriptor, type Client, type Socket } from './sockets.ts';
import type { Peer, Started } from './started.ts';
import { checkStopped } from './stopped.ts';
import { Worker } from './worker.ts';

/** What outlives a supervisor. */
export interface World {
  readonly machine: Machine;
  /** In cluster mode and in fork mode. */
  readonly workers: Started[];
  /** On the disk: what supervisors have written down of their workers, and of their programs. */
  readonly list: Leftover[];
  readonly programs: Leftover[];
  /** And of what was asked for by hand. */
  intents: KeptIntents;
  /** By name: those that were stopped by hand, and are to stay so whoever supervises. */
  readonly stopped: Set<string>;
  readonly file: { desired: Desired; version: number };
  /** That apps come from. */
  readonly repositories: Repositories;
  readonly watches: Set<() => void>;
  /** Ports on which every client is to be accepted, or to queue: a worker has served there, and its app is to. */
  readonly owed: Set<number>;
  /** Ports that the kernel has been asked to spread over several sockets. */
  readonly spread: Set<number>;
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
  #observed: Observed = { apps: [] };
  readonly kin = new Kin();
  #leavers: Leavers = new Map();
  /** What `serves` has found since what is known was another. */
  readonly #served = new Map<number, boolean>();

  constructor(world: World) {
    this.#world = world;
    const { machine } = world;
    this.process = machine.fork('supervisor', {
      accepts: (socket, client) => this.#accepts(socket, client),
      isStuck: () => false,
      killed: () => {
        this.isAlive = false;
        for (const worker of world.workers) if (worker.parent === this) worker.orphaned();
        for (const worker of world.workers)
          if (worker instanceof Worker && worker.met?.peer === this) worker.forsaken();
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
      world.repositories.read(world.file.desired, () => null),
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
    const world = this.#world;
    const { machine, watches } = world;
    const { clock } = machine;
    return {
      timers: {
        now: () => clock.now,
        after: (delay, act) => clock.after(delay, this.whileAlive(act)),
        soon: (act) => void clock.after(0, this.whileAlive(act)),
      },
      plan: (desired, observed, now) => this.#plan(desired, observed, now),
      start: (launch, sockets, _owner, _sink, news) => {
        if (launch.spec.process.mode === 'fork') {
          const program = new Program(machine, launch, this, news);
          world.workers.push(program);
          return program.handle;
        }
        const worker = new Worker(machine, launch, this);
        if (balanceOf(launch) === 'kernel') world.spread.add(worker.port);
        world.workers.push(worker);
        return attend(worker.link, launch, sockets, news);
      },
      owner: { file: '', rendezvous: '' },
      sockets: {
        // No worker here asks for a socket for datagrams.
        bind: (query, reuse) => (isDatagrams(query) ? EINVAL : machine.bind(this.process, query, reuse)),
        canReusePort: () => true,
        takenBy: (_app, query, workerOf) => {
          const owner = isDatagrams(query)
            ? undefined
            : this.#world.machine.holderOf(query, this.process)?.pid;
          return { owner: owner === undefined ? null : workerOf(owner), reason: 'taken' };
        },
        removeDead: () => Promise.resolve(null),
      },
      reserve: { fill: () => {}, ease: () => {}, drop: () => {} },
      orphans: orphanSystemOf(world, this),
      programs: listOf(world.programs, world, this),
      workers: listOf(world.list, world, this),
      intents: {
        read: () => world.intents,
        keep: (kept) => (world.intents = kept),
        drop: () => (world.intents = new Map()),
      },
      keepState: () => () => {},
      onDisk: () => null,
      load: async (_environment, releaseOf = () => null) => {
        // What is read with what is there then is looked at before it is answered.
        const read = await this.answer(1, 15, () => world.repositories.read(world.file.desired, releaseOf));
        return this.answer(1, 15, () => loaded(read));
      },
      lookAtCode: () => Promise.resolve(new Map()),
      releases: world.repositories.effects(world, this),
      wayTo: () => this.answer(0, 5, () => this.#way()),
      watchPlaces: (changed) => {
        const told = this.whileAlive(changed);
        watches.add(told);
        return { arm: () => {}, close: () => watches.delete(told) };
      },
      watchSources: () => ({ close: () => {} }),
      processes: () => ({ usage: () => Promise.resolve(new Map()) }),
      portOfTree: () => null,
      versions: { ofAll: () => Promise.resolve(new Map()) },
      watchLoop: () => ({ delay: { p99: 0, max: 0 }, close: () => {} }),
    };
  }

  whileAlive(act: () => void): () => void {
    return () => {
      if (this.isAlive) act();
    };
  }

  /** What is read takes its time, and is not answered to the dead. */
  answer<T>(least: number, most: number, answer: () => T): Promise<T> {
    const { clock, random } = this.#world.machine;
    return new Promise((resolve) =>
      clock.after(random.between(least, most), () => {
        if (this.isAlive) resolve(answer());
      }),
    );
  }

  /** The same of what may fail. */
  attempt<T>(least: number, most: number, work: () => T): Promise<T> {
    return this.answer(least, most, () => {
      try {
        return { value: work() };
      } catch (error) {
        return { error: error as Error };
      }
    }).then((done) => {
      if ('error' in done) throw done.error;
      return done.value;
    });
  }

  #way(): Awaited<ReturnType<Effects['wayTo']>> {
    return { print: String(this.#world.file.version), isBroken: false, places: new Map() };
  }

  /** Each step is held to the rules of the plan. */
  #plan(desired: Desired, observed: Observed, now: number): ReturnType<typeof plan> {
    checkStopped(this.#world.stopped, desired);
    const next = plan(desired, observed, now);
    if (this.desired !== desired)
      this.#leavers = afterEdit(this.#leavers, this.desired ?? { ...desired, apps: [] }, desired, observed);
    this.desired = desired;
    this.#observed = observed;
    this.#served.clear();
    this.kin.note(observed);
    let then = observed;
    for (const step of next.steps) {
      const app = then.apps.find(({ name }) => name === step.app);
      this.#world.machine.tell(formatStep(step));
      if (!isExclusive(app) && !isLosing(app, this.#leavers)) checkStep(step, app, desired, now);
      const leaver = this.#leavers.get(step.app);
      checkOrder(step, then, desired, now, leaver !== undefined && isMakingWay(leaver, then));
      then = applyStep(then, step, desired, now);
      if (step.kind === 'start') then = applyEvent(then, startedBy(step, then, now));
    }
    this.outgoing = outgoingOf(then);
    if (next.steps.length === 0) {
      const isExempt = (app: ObservedApp): boolean => (app.staysFor ?? []).length > 0 || isExclusive(app);
      checkPause(observed, desired, now, next.wakeAt, this.#leavers, isExempt);
    }
    return next;
  }

  /**
   * Whether clients of the port are to be accepted, or to queue: an app that works has it, or one is on its way. A
   * program binds for itself, so that nobody is promised anything before and after it.
   */
  serves(port: number): boolean {
    const known = this.#served.get(port) ?? this.#serves(port);
    this.#served.set(port, known);
    return known;
  }

  #serves(port: number): boolean {
    const isAt = (spec: AppSpec | null): boolean => Number(spec?.process.env['PORT']) === port;
    const isProgram = (spec: AppSpec | null): boolean => spec?.process.mode === 'fork' && isAt(spec);
    const { apps } = this.#observed;
    if (this.desired?.apps.some((spec) => spec.instances > 0 && isAt(spec)) !== true) return false;
    if (apps.some(({ spec, stable }) => isProgram(spec) || isProgram(stable))) return false;
    return apps.some(({ spec, stable, rollout, staysFor }) => {
      const isToRun = staysFor === null ? spec.instances > 0 : staysFor.length > 0;
      return isToRun && (isAt(stable) || (isAt(spec) && rollout?.state === 'progressing'));
    });
  }

  /** What is known of a worker. */
  known(id: number): ObservedWorker | undefined {
    for (const { workers } of this.#observed.apps)
      for (const worker of workers) if (worker.id === id) return worker;
    return undefined;
  }

  /** Whether the file has it checked: of a revision that never was stable, what it is to be is all that is known. */
  isAsked(id: number): boolean {
    const app = this.#observed.apps.find(({ workers }) => workers.some((worker) => worker.id === id));
    const worker = this.known(id);
    if (app === undefined || worker === undefined) return false;
    const { process, triggers } = specOf(app, worker.revision);
    return process.mode === 'cluster' && triggers.health !== null;
  }

  /** The revision that an app has proven and is at rest with. */
  settledRevision(name: string): string | null {
    const app = this.#observed.apps.find((other) => other.name === name);
    return app?.rollout?.state === 'complete' ? (app.stable?.revision ?? null) : null;
  }

  /** By way of a copy that a worker has sent back. */
  #accepts(socket: Socket, client: Client): boolean {
    for (const open of this.process.open) {
      if (!(open instanceof Descriptor) || open.socket !== socket || !open.listens) continue;
      open.onconnection?.(0, new AcceptedConnection(this.#world.machine, this.process, client));
      return true;
    }
    return false;
  }
}

function loaded(desired: Desired): Loaded {
  return {
    ...{ desired, diagnostics: [], text: '', texts: new Map(), files: [desired.file] },
    ...{ environments: [], variables: [], checked: [] },
  };
}
