/**
 * The loop: observe, plan, execute, observe again. Everything that happens, an edit, a worker's news or a moment that
 * has come, only leads to planning again; nothing but the plan decides.
 */
import type { Clock } from '../model/clock.ts';
import { LONGEST_TIMER, monotonic } from '../model/clock.ts';
import type { Metrics, Outcome } from '../model/control.ts';
import type { Notice } from '../model/notice.ts';
import type { Observed, ObservedApp, WorkerEvent } from '../model/observed.ts';
import type { Offer, Reading } from '../model/protocol.ts';
import type { AppSpec, Desired } from '../model/spec.ts';
import type { Plan, Step } from '../model/step.ts';
import { waitOf, waitText } from '../plan/depends.ts';
import { isConverged, outcome, outcomeBy } from '../plan/converged.ts';
import { plan } from '../plan/plan.ts';
import { applyDesired, applyEvent, applyStep } from '../plan/reduce.ts';
import { stayText } from '../plan/stay.ts';
import { specOf } from '../plan/target.ts';
import type { Launch, OutputSink } from '../workers/handle.ts';
import { HeldSockets } from '../workers/held-sockets.ts';
import type { StartWorker } from '../workers/start-worker.ts';
import { Executor } from './executor.ts';
import { guarded, type Failed } from './guard.ts';
import { namesPort } from '../workers/names-port.ts';
import { ownerOf } from './owner.ts';
import { planAround, RETRY, type Planner } from './plan-around.ts';

export interface SupervisorOptions {
  readonly start: StartWorker;
  readonly sink: OutputSink;
  /** Where workers wait for the next supervisor; see `AgentConfig`. */
  readonly door: string;
  readonly notify: (notice: Notice) => void;
  /** A fault of ours, also one in what is called back here: the loop goes on. Must not throw. */
  readonly failed: Failed;
  /** A process has been started. */
  readonly started?: (pid: number, spec: AppSpec) => void;
  /** What is known of the workers may have changed. */
  readonly changed?: () => void;
  /** A worker has told what it counted; `before` is what it told the last time, null for the first. */
  readonly measured?: (launch: Launch, before: Reading | null, now: Reading) => void;
  /** A worker has gone. */
  readonly ended?: (worker: number) => void;
  readonly clock?: Clock;
  /** Pure; see `plan`. */
  readonly planner?: Planner;
}

/** Somebody who wants to know how what is under way ends. */
interface Waiting {
  readonly since: number;
  readonly resolve: (outcome: Outcome) => void;
}

export class Supervisor {
  readonly #clock: Clock;
  readonly #notify: (notice: Notice) => void;
  readonly #changed: () => void;
  readonly #failed: Failed;
  readonly #planner: Planner;
  readonly #sockets: HeldSockets;
  readonly #executor: Executor;
  readonly #ended: (worker: number) => void;
  #desired: Desired | null = null;
  #observed: Observed = { apps: [] };
  #wake: NodeJS.Timeout | undefined;
  #planned = false;
  #plans = { count: 0, seconds: 0 };
  #converged = false;
  /** What has been said of each app that waits to be started. */
  #waits: ReadonlyMap<string, string> = new Map();
  #whenEmpty: (() => void) | null = null;
  readonly #waiting = new Set<Waiting>();
  #waitOver: NodeJS.Timeout | undefined;
  readonly #pulses: (() => void)[] = [];

  constructor(options: SupervisorOptions) {
    this.#clock = options.clock ?? monotonic;
    const { notify, failed, changed, ended, started, measured } = options;
    this.#failed = failed;
    this.#planner = options.planner ?? plan;
    this.#notify = (notice) => guarded(`telling of "${notice.type}"`, failed, () => notify(notice));
    this.#changed = () => guarded('looking at the workers', failed, () => changed?.());
    this.#ended = (worker) => guarded('counting a worker that has gone', failed, () => ended?.(worker));
    this.#sockets = new HeldSockets({
      isWanted: (app) => this.#desired?.apps.some(({ name }) => name === app) ?? false,
      isStaying: (app) =>
        this.#observed.apps.some(({ name, staysFor }) => name === app && (staysFor ?? []).length > 0),
      isRolling: (app) => this.#isRolling(app),
      isAwaited: (app, port) =>
        this.#observed.apps.some(
          ({ name, spec }) =>
            name !== app && spec.process.mode === 'cluster' && this.#isRolling(name) && namesPort(spec, port),
        ),
      workerOf: (pid) => ownerOf(this.#observed, pid),
      refuse: (app, reason) => this.#notify({ type: 'refused', app, reason }),
    });
    this.#executor = new Executor({
      start: options.start,
      clock: this.#clock,
      sockets: this.#sockets,
      sink: options.sink,
      door: options.door,
      event: (event) => this.#happened(event),
      started: (pid, spec) =>
        guarded('writing down which processes there are', failed, () => started?.(pid, spec)),
      measured: (launch, before, now) =>
        guarded('adding up what was measured', failed, () => measured?.(launch, before, now)),
      failed: (app, slot, what, error) =>
        this.#notify({ type: 'failed', app, slot, what, reason: reasonOf(error) }),
      misunderstood: (app, slot, what, times) =>
        this.#notify({ type: 'misunderstood', app, slot, what, times }),
      listening: (app, slot, address) => this.#notify({ type: 'listening', app, slot, address }),
    });
  }

  get observed(): Observed {
    return this.#observed;
  }

  get desired(): Desired | null {
    return this.#desired;
  }

  get converged(): boolean {
    return this.#converged;
  }

  get now(): number {
    return this.#clock();
  }

  /** Resolves once nothing is under way any more: all is as desired, or it is clear what cannot be. */
  wait(): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#waiting.add({ since: this.#clock(), resolve });
      this.#planSoon();
    });
  }

  /** Resolves once it has planned again. */
  pulse(): Promise<void> {
    return new Promise((resolve) => {
      this.#pulses.push(resolve);
      this.#planSoon();
    });
  }

  /** Makes it so. The latest call wins over whatever is under way. */
  apply(desired: Desired): void {
    this.#desired = desired;
    this.#observed = applyDesired(this.#observed, desired);
    this.#executor.serveOn(desired.orphanTimeout);
    this.#converged = false;
    this.#planSoon();
  }

  /** Drains everything and resolves when the last process has gone. */
  shutdown(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
      this.apply({
        file: this.#desired?.file ?? '',
        generation: 'shutdown',
        apps: [],
        orphanTimeout: this.#desired?.orphanTimeout ?? 0,
        because: 'shutting down',
      });
    });
  }

  /** Takes a socket over from an orphan; false if it is not needed. */
  adopt(app: string, offer: Offer, handle: object, orphan: number): boolean {
    return this.#sockets.adopt(app, offer, handle, orphan);
  }

  /** An orphan has let go of its sockets, or has ended. */
  orphanReleased(pid: number): void {
    this.#sockets.orphanReleased(pid);
  }

  /** Closes the sockets of an app that nobody runs. */
  release(app: string): void {
    this.#sockets.release(app);
  }

  /** What an app waits for before it starts, or before it leaves, one clause; null if for nothing. */
  waitsFor(app: ObservedApp): string | null {
    const wait = waitOf(app, this.#observed, this.now);
    if (wait === null) return stayText(app, this.#observed, this.now);
    return waitText(wait, this.#observed, this.now);
  }

  /** This worker is to be replaced by another of its revision, as soon as the rollout's limits allow it. */
  replace(app: string, id: number, cause: string): void {
    this.note({ type: 'unfit', at: this.#clock(), app, id, cause });
  }

  /** Something has become known of a worker. */
  note(event: Exclude<WorkerEvent, { type: 'started' | 'exited' }>): void {
    this.#happened(event);
  }

  /** Whom to ask how a worker is; null where there is nobody. */
  questions(id: number): ReturnType<Executor['questions']> {
    return this.#executor.questions(id);
  }

  /** What each worker is doing now; measured only while somebody asks. */
  metrics(): Promise<Metrics> {
    return this.#executor.metrics();
  }

  /** Has all workers count, these and later ones, until it is called with null. */
  keepMeasuring(bounds: readonly number[] | null): void {
    this.#executor.keepMeasuring(bounds);
  }

  /** How often it was planned, and how long that took in all. */
  get plans(): { readonly count: number; readonly seconds: number } {
    return this.#plans;
  }

  /** The last stderr of workers of a revision that live and are not ready. */
  lastWords(app: string, revision: string): readonly string[] {
    const workers = this.#observed.apps.find(({ name }) => name === app)?.workers ?? [];
    const unready = workers.filter((worker) => worker.revision === revision && worker.readyAt === null);
    return this.#executor.lastWords(unready.map(({ id }) => id));
  }

  /** Ends everything at once, requests in flight included. */
  killAll(): void {
    this.#executor.killAll();
  }

  /** Also where its rollout is only about to begin. */
  #isRolling(name: string): boolean {
    const app = this.#observed.apps.find((candidate) => candidate.name === name);
    return (
      app !== undefined && (app.rollout?.state === 'progressing' || app.rollout?.to !== app.spec.revision)
    );
  }

  #happened(event: WorkerEvent): void {
    if (event.type === 'exited') {
      this.#sayHowItEnded(event);
      this.#ended(event.id);
    }
    guarded(`noting "${event.type}" of ${event.app}`, this.#failed, () => {
      this.#observed = applyEvent(this.#observed, event);
    });
    this.#planSoon();
  }

  /** Several things that happen in one turn of the event loop are planned for once. */
  #planSoon(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#reconcile();
    });
  }

  #reconcile(): void {
    const desired = this.#desired;
    if (desired === null) return;
    clearTimeout(this.#wake);
    const isDone = guarded('planning', this.#failed, () => this.#converge(desired));
    if (!isDone) this.#wakeAt(this.#clock() + RETRY);
    guarded('telling what has become of it', this.#failed, () => this.#report(desired));
    for (const resolve of this.#pulses.splice(0)) resolve();
    this.#changed();
  }

  #converge(desired: Desired): void {
    for (;;) {
      const now = this.#clock();
      const { steps, wakeAt } = this.#plan(desired, now);
      const isDone = steps.map((step) => this.#execute(step, desired, now)).every((done) => done);
      if (steps.length > 0 && isDone) continue;
      // A step that took no effect would be planned again at once.
      if (!isDone) this.#wakeAt(now + RETRY);
      else if (wakeAt !== null) this.#wakeAt(wakeAt);
      return;
    }
  }

  #plan(desired: Desired, now: number): Plan {
    const began = performance.now();
    const next = planAround(this.#planner, desired, this.#observed, now, (app, error) =>
      this.#failed(`planning for ${app}`, error),
    );
    const { count, seconds } = this.#plans;
    this.#plans = { count: count + 1, seconds: seconds + (performance.now() - began) / 1000 };
    return next;
  }

  /** Whether it is known of now; what it does to a worker may still be tried again. */
  #execute(step: Step, desired: Desired, now: number): boolean {
    const app = this.#observed.apps.find(({ name }) => name === step.app);
    if (app === undefined) return true;
    const worker = 'worker' in step ? app.workers.find(({ id }) => id === step.worker) : undefined;
    const slot = step.kind === 'start' ? step.slot : (worker?.slot ?? null);
    this.#notify({ type: 'step', step, slot, pid: worker?.pid ?? null });
    const what = `the step "${step.kind}" of ${step.app}`;
    const isKnown = guarded(what, this.#failed, () => {
      this.#observed = applyStep(this.#observed, step, desired, now);
    });
    const spec = step.kind === 'start' ? specOf(app, step.revision) : app.spec;
    if (isKnown) guarded(what, this.#failed, () => this.#executor.execute(step, spec));
    return isKnown;
  }

  #wakeAt(time: number): void {
    this.#wake = setTimeout(() => this.#reconcile(), this.#delayUntil(time));
  }

  /** Timers may fire a fraction of a millisecond early, which would plan once in vain. */
  #delayUntil(time: number): number {
    return Math.min(Math.max(0, Math.ceil(time - this.#clock())), LONGEST_TIMER);
  }

  #report(desired: Desired): void {
    const now = this.#clock();
    this.#reportWaits();
    const converged = isConverged(desired, this.#observed, now);
    if (converged && !this.#converged) {
      this.#executor.settle(desired.apps.map(({ name }) => name));
      if (this.#whenEmpty === null) this.#notify({ type: 'converged' });
    }
    this.#converged = converged;
    this.#tellWhoWaits(desired, now);
    if (this.#observed.apps.length === 0) this.#whenEmpty?.();
  }

  #tellWhoWaits(desired: Desired, now: number): void {
    clearTimeout(this.#waitOver);
    for (const waiting of this.#waiting) {
      const ended = outcome(desired, this.#observed, now, waiting.since);
      if (ended === null) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(ended);
    }
    const ends = [...this.#waiting].map(({ since }) => outcomeBy(this.#observed, since));
    const next = Math.min(...ends.filter((at) => at > now));
    if (next < Infinity) this.#waitOver = setTimeout(() => this.#planSoon(), this.#delayUntil(next));
  }

  /** Says of each app what it waits for, once, and again when there is more to say. */
  #reportWaits(): void {
    const waits = new Map<string, string>();
    for (const app of this.#observed.apps) {
      const reason = this.waitsFor(app);
      if (reason === null) continue;
      waits.set(app.name, reason);
      if (this.#waits.get(app.name) !== reason) this.#notify({ type: 'waits', app: app.name, reason });
    }
    this.#waits = waits;
  }

  #sayHowItEnded(event: Extract<WorkerEvent, { type: 'exited' }>): void {
    const app = this.#observed.apps.find(({ name }) => name === event.app);
    const worker = app?.workers.find(({ id }) => id === event.id);
    if (worker === undefined) return;
    const { slot, pid, status, ledger } = worker;
    if (ledger !== null) this.#notify({ type: 'retired', app: event.app, slot, pid, ledger });
    if (status === 'draining' || status === 'stopping') return;
    this.#notify({ type: 'died', app: event.app, slot, pid, exit: event.exit });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
