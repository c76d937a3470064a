/** Turns steps into effects. It decides nothing: what is done, to whom and when is in the step. */
import type { Timers } from '../model/clock.ts';
import type { WorkerEvent } from '../model/worker-event.ts';
import { declaredPorts, type PortRange } from '../model/ports.ts';
import type { AppSpec } from '../model/spec.ts';
import type { StartStep, Step } from '../model/step.ts';
import { whyNotStarted } from '../workers/exit.ts';
import type { Launch, WorkerHandle, WorkerNews } from '../workers/handle.ts';
import type { HeldSockets } from '../sockets/held-sockets.ts';
import type { RunningWorkers } from './running-workers.ts';

/** Descriptors that are kept for what must go on; see src/workers/reserve.ts. */
export interface Reserve {
  readonly fill: () => void;
  readonly ease: () => void;
  readonly drop: () => void;
}

/** The listening sockets, as far as steps are about them. */
export interface Sockets {
  /** Closes what no worker of the app accepts from any more. */
  readonly settle: (app: string) => void;
  /** Closes all that the app had, as its program binds for itself. */
  readonly close: (app: string, ports: PortRange | null) => void;
  /** Closes what the app has on these ports. */
  readonly clear: HeldSockets['clear'];
  /** Closes all that the app had. */
  readonly release: (app: string) => void;
  /** What waits for an address may not have to any more. */
  readonly review: () => void;
}

export interface ExecutorOptions {
  readonly timers: Timers;
  /** Starts a process; whatever goes wrong once it has returned is news. */
  readonly start: (launch: Launch, news: (news: WorkerNews) => void) => WorkerHandle;
  readonly workers: RunningWorkers;
  readonly sockets: Sockets;
  readonly reserve: Reserve;
  readonly event: (event: WorkerEvent) => void;
  /** A process has been started. */
  readonly started: (pid: number, spec: AppSpec) => void;
  /** What a worker tells, from when it is known to be there. */
  readonly news: (launch: Launch, news: WorkerNews) => void;
}

export class Executor {
  readonly #options: ExecutorOptions;
  #lastId = -1;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** @param spec of the app that the step is about; for `start`, of the revision to start. */
  execute(step: Step, spec: AppSpec): void {
    const { workers, sockets } = this.#options;
    switch (step.kind) {
      case 'start':
        return this.#start(spec, step);
      case 'ready':
        return workers.act(step.worker, 'state', 'be told to accept', (worker) => worker.accept?.());
      case 'drain':
        return workers.act(step.worker, 'state', 'be drained', (worker) => worker.drain(spec.stop));
      case 'stop':
        return workers.act(step.worker, 'state', 'be stopped', (worker) => worker.stop(spec.stop));
      case 'kill':
        return workers.act(step.worker, 'state', 'be killed', (worker) => worker.kill());
      case 'complete':
        return sockets.settle(step.app);
      case 'remove':
        return sockets.release(step.app);
      case 'fail':
        return sockets.review();
      case 'begin':
      case 'hold':
      case 'resume':
      case 'leave':
        return; // These change what is known, and nothing else.
    }
  }

  #start(spec: AppSpec, { slot, clears = [] }: StartStep): void {
    this.#lastId += 1;
    const launch: Launch = { id: this.#lastId, slot, spec };
    const { timers, event, reserve, started, news } = this.#options;
    // Nothing is told of it before it is known to be there.
    const early: WorkerNews[] = [];
    let isKnown = false;
    const pid = this.#process(launch, clears, (item) => {
      if (isKnown) news(launch, item);
      else early.push(item);
    });
    const { id } = launch;
    event({ type: 'started', at: timers.now(), app: spec.name, id, slot, revision: spec.revision, pid });
    try {
      reserve.fill();
      reserve.ease();
      if (pid !== null) started(pid, spec);
    } finally {
      isKnown = true;
      for (const item of early) news(launch, item);
    }
  }

  /** Null where it could not be started, which is an exit like any other. */
  #process(
    launch: Launch,
    clears: NonNullable<StartStep['clears']>,
    news: (news: WorkerNews) => void,
  ): number | null {
    const { start, workers, sockets, reserve } = this.#options;
    const { spec } = launch;
    try {
      // A program binds for itself what may have been held for workers in cluster mode.
      if (spec.process.mode === 'fork') sockets.close(spec.name, declaredPorts(spec));
      for (const { app, ports } of clears) sockets.clear(app, ports);
      // An app that has nobody to serve it gets what descriptors there are.
      if (workers.isAny(spec.name)) reserve.fill();
      else reserve.drop();
      const handle = start(launch, news);
      workers.add({ launch, handle });
      return handle.pid;
    } catch (error) {
      // Node refuses some arguments before it tries to start anything.
      const spawnError = whyNotStarted(error as NodeJS.ErrnoException, launch);
      news({ type: 'exited', exit: { code: null, signal: null, stderr: [], spawnError } });
      return null;
    }
  }
}
