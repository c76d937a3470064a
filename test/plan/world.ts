/** A supervisor without processes: the loop of plan and steps on a virtual clock, driven by hand. */
import type { DrainLedger } from '../../src/model/ledger.ts';
import type { Exit, Observed, ObservedApp, ObservedWorker } from '../../src/model/observed.ts';
import type { WorkerEvent } from '../../src/model/worker-event.ts';
import type { AppSpec, Desired } from '../../src/model/spec.ts';
import type { Plan, Step } from '../../src/model/step.ts';
import { formatPlan } from '../../src/plan/format.ts';
import { plan } from '../../src/plan/plan.ts';
import { applyDesired } from '../../src/observe/reduce/reduce-desired.ts';
import { applyEvent, applyStep } from '../../src/observe/reduce/reduce.ts';
import { desire } from './build.ts';

export class World {
  now = 0;
  desired: Desired = desire();
  observed: Observed = { apps: [] };
  /** Every step so far. */
  readonly history: Step[] = [];
  private nextId = 0;

  /** Plans until nothing is due and returns all that was planned, as one plan's text. */
  settle(): string {
    const steps: Step[] = [];
    for (;;) {
      const next = this.plan();
      if (next.steps.length === 0) return formatPlan({ steps, wakeAt: next.wakeAt });
      if (steps.length > 500) throw new Error(`no end in sight: ${formatPlan(next)}`);
      for (const step of next.steps) this.execute(step);
      steps.push(...next.steps);
    }
  }

  edit(...apps: AppSpec[]): string {
    this.desired = desire(...apps);
    this.observed = applyDesired(this.observed, this.desired);
    return this.settle();
  }

  /** The clock moves on by so much. */
  wait(ms: number): string {
    this.now += ms;
    return this.settle();
  }

  listen(...ids: number[]): string {
    for (const id of ids) this.feed({ type: 'listening', at: this.now, app: this.worker(id).app, id });
    return this.settle();
  }

  say(type: 'given' | 'message' | 'alive' | 'quiet' | 'drained', ...ids: number[]): string {
    for (const id of ids) this.feed({ type, at: this.now, app: this.worker(id).app, id });
    return this.settle();
  }

  /** What they say of their drains. */
  account(ledger: DrainLedger, ...ids: number[]): void {
    for (const id of ids) this.feed({ type: 'ledger', at: this.now, app: this.worker(id).app, id, ledger });
  }

  /** They are to be replaced, for this cause. */
  unfit(cause: string, ...ids: number[]): string {
    for (const id of ids) this.feed({ type: 'unfit', at: this.now, app: this.worker(id).app, id, cause });
    return this.settle();
  }

  /** Something has become known of a worker. */
  note(event: WorkerEvent): string {
    this.feed(event);
    return this.settle();
  }

  /** The processes end, with these words on stderr. */
  exit(code: number | NodeJS.Signals, stderr: string, ...ids: number[]): string {
    return this.exitAs(code, stderr, {}, ...ids);
  }

  /** The same, with more to be known of the end. */
  exitAs(
    code: number | NodeJS.Signals,
    stderr: string,
    more: Pick<Exit, 'outOfMemory'>,
    ...ids: number[]
  ): string {
    const how = typeof code === 'number' ? { code, signal: null } : { code: null, signal: code };
    const exit: Exit = { ...how, stderr: stderr === '' ? [] : [stderr], spawnError: null, ...more };
    for (const id of ids) this.feed({ type: 'exited', at: this.now, app: this.worker(id).app, id, exit });
    return this.settle();
  }

  /** Everything that is asked to leave does so at once. */
  leave(): string {
    const gone = this.observed.apps.flatMap((app) =>
      app.workers.filter((w) => w.status === 'draining' || w.status === 'stopping').map((w) => w.id),
    );
    return this.exit(0, '', ...gone);
  }

  app(name = 'web'): ObservedApp {
    const app = this.observed.apps.find((candidate) => candidate.name === name);
    if (app === undefined) throw new Error(`no app ${name}`);
    return app;
  }

  /** `0:a#1 online, 1:a#2 starting`. */
  workers(name = 'web'): string {
    return this.app(name)
      .workers.map(({ slot, revision, id, status }) => `${slot}:${revision}#${id} ${status}`)
      .join(', ');
  }

  private plan(): Plan {
    return plan(this.desired, this.observed, this.now);
  }

  private execute(step: Step): void {
    this.history.push(step);
    this.observed = applyStep(this.observed, step, this.desired, this.now);
    if (step.kind !== 'start') return;
    const { app, slot, revision } = step;
    this.nextId += 1;
    this.feed({ type: 'started', at: this.now, app, id: this.nextId, slot, revision, pid: this.nextId });
  }

  private feed(event: WorkerEvent): void {
    this.observed = applyEvent(this.observed, event);
  }

  private worker(id: number): ObservedWorker & { app: string } {
    for (const app of this.observed.apps) {
      const worker = app.workers.find((candidate) => candidate.id === id);
      if (worker !== undefined) return { ...worker, app: app.name };
    }
    throw new Error(`no worker ${id}`);
  }
}

/** A world where these apps run; `listen` made every worker ready. */
export function running(...apps: AppSpec[]): World {
  const world = new World();
  world.edit(...apps);
  world.listen(...world.observed.apps.flatMap((app) => app.workers.map((worker) => worker.id)));
  return world;
}
