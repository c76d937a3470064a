/**
 * The loop: observe → plan → execute, and observe again. Whatever happens, an edit, a worker's news or a moment that has
 * come, changes what is known and leads to planning again; nothing but the plan decides.
 */
import { Alarm, type Timers } from '../model/clock.ts';
import type { Notice } from '../model/notice.ts';
import type { Observed } from '../model/observed.ts';
import type { WorkerEvent } from '../model/worker-event.ts';
import type { AppSpec, Desired } from '../model/spec.ts';
import type { Plan, Step } from '../model/step.ts';
import { specOf } from '../observe/facts/target.ts';
import { applyDesired } from '../observe/reduce/reduce-desired.ts';
import { applyEvent, applyStep } from '../observe/reduce/reduce.ts';
import { guarded, type Failed } from './guarded.ts';
import { planAround, RETRY, type Planner } from './plan-around.ts';

export interface ReconcilerOptions {
  readonly timers: Timers;
  /** Pure; see `plan`. */
  readonly plan: Planner;
  /** @param spec of the app that the step is about; for `start`, of the revision to start */
  readonly execute: (step: Step, spec: AppSpec) => void;
  /** Told of each step before it takes effect. Must not throw. */
  readonly notify: (notice: Extract<Notice, { type: 'step' }>) => void;
  /** It has planned, and all that was to be done now is done. Must not throw. */
  readonly turned: (desired: Desired, observed: Observed) => void;
  /** A fault of ours: the loop goes on. Must not throw. */
  readonly failed: Failed;
}

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #alarm: Alarm;
  #desired: Desired | null = null;
  #observed: Observed = { apps: [] };
  #isDue = false;
  #plans = { count: 0, seconds: 0 };

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.timers, () => this.#turn());
  }

  get desired(): Desired | null {
    return this.#desired;
  }

  get observed(): Observed {
    return this.#observed;
  }

  /** How often it was planned, and how long that took in all. */
  get plans(): { readonly count: number; readonly seconds: number } {
    return this.#plans;
  }

  /** Makes it so. The latest call wins over whatever is under way. */
  apply(desired: Desired): void {
    this.#desired = desired;
    this.#observed = applyDesired(this.#observed, desired);
    this.planSoon();
  }

  /** Something has become known of a worker. */
  note(event: WorkerEvent): void {
    guarded(`noting "${event.type}" of ${event.app}`, this.#options.failed, () => {
      this.#observed = applyEvent(this.#observed, event);
    });
    this.planSoon();
  }

  /** Several things that happen in one turn of the event loop are planned for once. */
  planSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#options.timers.soon(() => {
      this.#isDue = false;
      this.#turn();
    });
  }

  #turn(): void {
    const desired = this.#desired;
    if (desired === null) return;
    this.#alarm.clear();
    const { timers, failed, turned } = this.#options;
    const isPlanned = guarded('planning', failed, () => this.#converge(desired));
    if (!isPlanned) this.#alarm.at(timers.now() + RETRY);
    turned(desired, this.#observed);
  }

  #converge(desired: Desired): void {
    for (;;) {
      const now = this.#options.timers.now();
      const { steps, wakeAt } = this.#plan(desired, now);
      const isDone = steps.map((step) => this.#do(step, desired, now)).every((done) => done);
      if (steps.length > 0 && isDone) continue;
      // A step that took no effect would be planned again at once, without an end.
      if (!isDone) this.#alarm.at(now + RETRY);
      else if (wakeAt !== null) this.#alarm.at(wakeAt);
      return;
    }
  }

  #plan(desired: Desired, now: number): Plan {
    const { plan, failed } = this.#options;
    const began = performance.now();
    const next = planAround(plan, desired, this.#observed, now, (app, error) =>
      failed(`planning for ${app}`, error),
    );
    const { count, seconds } = this.#plans;
    this.#plans = { count: count + 1, seconds: seconds + (performance.now() - began) / 1000 };
    return next;
  }

  /** Whether it is known of now, and was begun; what it does to a worker may still be tried again. */
  #do(step: Step, desired: Desired, now: number): boolean {
    const { notify, execute, failed } = this.#options;
    const app = this.#observed.apps.find(({ name }) => name === step.app);
    if (app === undefined) return true;
    const worker = 'worker' in step ? app.workers.find(({ id }) => id === step.worker) : undefined;
    const slot = step.kind === 'start' ? step.slot : (worker?.slot ?? null);
    notify({ type: 'step', step, slot, pid: worker?.pid ?? null });
    const what = `the step "${step.kind}" of ${step.app}`;
    const isKnown = guarded(what, failed, () => {
      this.#observed = applyStep(this.#observed, step, desired, now);
    });
    const spec = step.kind === 'start' ? specOf(app, step.revision) : app.spec;
    return isKnown && guarded(what, failed, () => execute(step, spec));
  }
}
