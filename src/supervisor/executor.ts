/** Turns steps into effects. It decides nothing: what is done, to whom and when is in the step. */
import type { Exit, WorkerEvent } from '../model/observed.ts';
import type { AppSpec } from '../model/spec.ts';
import type { StartStep, Step } from '../model/step.ts';
import { whyNotStarted } from '../workers/exit.ts';
import type { Launch, OutputSink, WorkerHandle, WorkerNews } from '../workers/handle.ts';
import type { HeldSockets } from '../workers/held-sockets.ts';
import { dropReserve, easeReserve, fillReserve } from '../workers/reserve.ts';
import type { StartWorker } from '../workers/start-worker.ts';
import { takenPort } from '../workers/taken-port.ts';
import type { Clock } from '../model/clock.ts';
import type { Metrics } from '../model/control.ts';
import type { Reading } from '../model/protocol.ts';
import { Attempts, type Kind } from './attempts.ts';
import { Meters } from './meters.ts';

export interface ExecutorOptions {
  readonly start: StartWorker;
  readonly clock: Clock;
  readonly sockets: HeldSockets;
  readonly sink: OutputSink;
  /** Where workers wait for the next supervisor; see `AgentConfig`. */
  readonly door: string;
  /** Called for what happens to workers, also before `execute` returns. */
  readonly event: (event: WorkerEvent) => void;
  /** A process has been started. */
  readonly started: (pid: number, spec: AppSpec) => void;
  /** Something could not be done: one clause about a worker, and why. */
  readonly failed: (app: string, slot: number, what: string, error: unknown) => void;
  /** A worker has sent so often what is no message. */
  readonly misunderstood: (app: string, slot: number, what: string, times: number) => void;
  readonly listening: (app: string, slot: number, address: string) => void;
  /** A worker has told what it counted, and what it told before, if that can be compared. */
  readonly measured: (launch: Launch, before: Reading | null, now: Reading) => void;
}

export class Executor {
  readonly #workers = new Map<number, { readonly launch: Launch; readonly handle: WorkerHandle }>();
  readonly #attempts = new Attempts();
  readonly #meters = new Meters();
  readonly #options: ExecutorOptions;
  /** What workers count whether they are asked or not: durations with these bounds; null is nothing. */
  #bounds: readonly number[] | null = null;
  /** How long workers serve on if the supervisor dies, in ms. */
  #orphanTimeout = 0;
  #lastId = -1;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** @param spec of the app that the step is about; for `start`, of the revision to start. */
  execute(step: Step, spec: AppSpec): void {
    switch (step.kind) {
      case 'start':
        return this.#start(spec, step);
      case 'ready':
        return this.#act(step.worker, 'state', 'be told to accept', (worker) => worker.accept?.());
      case 'drain':
        return this.#act(step.worker, 'state', 'be drained', (worker) => worker.drain(spec.stop));
      case 'stop':
        return this.#act(step.worker, 'state', 'be stopped', (worker) => worker.stop(spec.stop));
      case 'kill':
        return this.#act(step.worker, 'state', 'be killed', (worker) => worker.kill());
      case 'complete':
        return this.#options.sockets.settle(step.app);
      case 'remove':
        return this.#options.sockets.release(step.app);
      case 'fail':
        return this.#options.sockets.review();
      case 'begin':
      case 'hold':
      case 'resume':
      case 'leave':
        return; // These change what is known, and nothing else.
    }
  }

  /** Closes addresses that no worker of an app accepts from any more. */
  settle(apps: readonly string[]): void {
    for (const app of apps) this.#options.sockets.settle(app);
  }

  /** What each worker is doing now. */
  metrics(): Promise<Metrics> {
    return this.#meters.read(new Map([...this.#workers].map(([id, { handle }]) => [id, handle])));
  }

  /** Whom to ask how this worker is; null where there is nobody. */
  questions(id: number): ReturnType<NonNullable<WorkerHandle['questions']>> {
    return this.#workers.get(id)?.handle.questions?.() ?? null;
  }

  /** Has all workers count, these and later ones, until it is called with null. */
  keepMeasuring(bounds: readonly number[] | null): void {
    this.#bounds = bounds;
    for (const id of this.#workers.keys()) this.#keepMeasuring(id);
  }

  /** How long workers, these and later ones, serve on if the supervisor dies, in ms. */
  serveOn(timeout: number): void {
    if (timeout === this.#orphanTimeout) return;
    this.#orphanTimeout = timeout;
    for (const id of this.#workers.keys()) this.#serveOn(id);
  }

  /** What the first of these workers that has said anything wrote to stderr last. */
  lastWords(ids: readonly number[]): readonly string[] {
    const words = ids.map((id) => this.#workers.get(id)?.handle.lastWords() ?? []);
    return words.find((lines) => lines.length > 0) ?? [];
  }

  /** SIGKILL to everything that still runs. */
  killAll(): void {
    for (const id of this.#workers.keys()) this.#act(id, 'state', 'be killed', (worker) => worker.kill());
  }

  #keepMeasuring(id: number): void {
    this.#act(id, 'measure', 'be told what to count', (worker) => worker.keepMeasuring?.(this.#bounds));
  }

  #serveOn(id: number): void {
    const timeout = this.#orphanTimeout;
    this.#act(id, 'serve-on', 'be told how long to serve on', (worker) => worker.serveOn?.(timeout));
  }

  #act(id: number, kind: Kind, what: string, act: (worker: WorkerHandle) => void): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    const { launch, handle } = worker;
    this.#attempts.run(
      id,
      kind,
      () => act(handle),
      (error) => this.#options.failed(launch.spec.name, launch.slot, `it could not ${what}`, error),
    );
  }

  #start(spec: AppSpec, { slot, clears = [] }: StartStep): void {
    this.#lastId += 1;
    const launch: Launch = { id: this.#lastId, slot, spec };
    const { clock, sink, sockets, door, start } = this.#options;
    this.#makeRoom(spec, clears);
    const early: WorkerNews[] = [];
    let started = false;
    const news = (item: WorkerNews): void => {
      if (started) this.#tell(launch, item);
      else early.push(item);
    };
    let pid: number | null = null;
    // An app that has nobody to serve it gets what there is.
    if ([...this.#workers.values()].some(({ launch: { spec: other } }) => other.name === spec.name))
      fillReserve();
    else dropReserve();
    try {
      const handle = start(launch, sockets, door, sink, news);
      this.#workers.set(launch.id, { launch, handle });
      this.#serveOn(launch.id);
      // It hears of this before it is answered where to listen, so before its first request.
      if (this.#bounds !== null) this.#keepMeasuring(launch.id);
      ({ pid } = handle);
    } catch (error) {
      // Node refuses some arguments before it tries to start anything: an exit like any other.
      const spawnError = whyNotStarted(error as NodeJS.ErrnoException, launch);
      news({ type: 'exited', exit: { code: null, signal: null, stderr: [], spawnError } });
    }
    fillReserve();
    easeReserve();
    this.#options.event({
      type: 'started',
      at: clock(),
      app: spec.name,
      id: launch.id,
      slot,
      revision: spec.revision,
      pid,
    });
    if (pid !== null) this.#options.started(pid, spec);
    started = true;
    for (const item of early) this.#tell(launch, item);
  }

  /** A program binds for itself what may have been held for workers in cluster mode. */
  #makeRoom(spec: AppSpec, clears: NonNullable<StartStep['clears']>): void {
    if (spec.process.mode === 'fork') this.#options.sockets.close(spec.name);
    for (const { app, ports } of clears) this.#options.sockets.clear(app, ports);
  }

  #tell(launch: Launch, news: WorkerNews): void {
    const { id, slot, spec } = launch;
    const at = this.#options.clock();
    if (news.type === 'failed') return this.#options.failed(spec.name, slot, news.what, news.error);
    if (news.type === 'misunderstood')
      return this.#options.misunderstood(spec.name, slot, news.what, news.times);
    if (news.type === 'measured') {
      const before = this.#meters.told(id, news.reading, news.asked);
      return this.#options.measured(launch, before, news.reading);
    }
    if (news.type === 'listening') this.#options.listening(spec.name, slot, news.address);
    if (news.type === 'unfit') {
      this.#options.event({ type: 'unfit', at, app: spec.name, id, cause: news.cause });
    } else if (news.type === 'blocked') {
      this.#options.event({ type: 'blocked', at, app: spec.name, id, on: news.on });
    } else if (news.type === 'ledger') {
      this.#options.event({ type: 'ledger', at, app: spec.name, id, ledger: news.ledger });
    } else if (news.type === 'exited') {
      this.#workers.delete(id);
      this.#attempts.ended(id);
      this.#meters.ended(id);
      const exit = this.#withPort(news.exit, launch);
      this.#options.event({ type: 'exited', at, app: spec.name, id, exit });
      // A port that it had bound for itself is free now.
      this.#options.sockets.review();
    } else if (news.type === 'listening') {
      const port = /:(\d+)$/.exec(news.address)?.[1];
      this.#options.event({
        ...{ type: 'listening', at, app: spec.name, id },
        ...(port === undefined ? {} : { port: Number(port) }),
      });
    } else this.#options.event({ type: news.type, at, app: spec.name, id });
  }

  /** In cluster mode that has been said when it asked. */
  #withPort(exit: Exit, launch: Launch): Exit {
    const { name, process } = launch.spec;
    const port = process.mode === 'fork' ? takenPort(exit, launch) : null;
    return port === null ? exit : { ...exit, taken: this.#options.sockets.whoHas(name, port) };
  }
}
