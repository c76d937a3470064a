/**
 * The composition root: one ecosystem file, followed; what people asked for by hand on top of it; and the supervisor
 * that makes both so.
 */
import { createHash } from 'node:crypto';
import type { Loaded } from '../config/load-ecosystem.ts';
import type { Metrics, NamedPlan, Outcome } from '../model/control.ts';
import type { Notice } from '../model/notice.ts';
import type { ObservedApp } from '../model/observed.ts';
import type { Prediction } from '../model/prediction.ts';
import type { AppSpec, Desired } from '../model/spec.ts';
import type { AppState, State } from '../model/state.ts';
import type { Step } from '../model/step.ts';
import { canaryText } from '../model/text.ts';
import { allOf } from '../logs/all-of.ts';
import type { LogFileState } from '../logs/log-file.ts';
import { LogFiles } from '../logs/log-files.ts';
import { predict } from '../plan/predict.ts';
import { whoStays } from '../plan/stay.ts';
import { heirs } from '../plan/successors.ts';
import { canReusePort } from '../workers/bind.ts';
import type { OutputSink } from '../workers/handle.ts';
import { startWorker, type StartWorker } from '../workers/start-worker.ts';
import { Faults } from './faults.ts';
import { Follower } from './follow.ts';
import { guarded } from './guard.ts';
import { HealthWatch } from './health/health.ts';
import { History } from './history.ts';
import { NO_INTENT, withIntents, type Intent } from './intents.ts';
import { LogBuffer } from './log-buffer.ts';
import { LoopWatch, stoodText } from './loop-delay.ts';
import { Metrics as MetricsPage } from './metrics/metrics.ts';
import { Narrator, type Line } from './narrator.ts';
import { Orphans, type Fate } from './orphans.ts';
import { PackageVersions } from './package-version.ts';
import { agesOf, Processes } from './processes.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Roster } from './roster.ts';
import { appState } from './state.ts';
import { Supervisor } from './supervisor.ts';
import { Triggers } from './triggers/triggers.ts';
import { watchPlaces } from './watch.ts';
import { wayTo } from './way.ts';

export interface SessionOptions {
  /** Absolute path of the ecosystem file. */
  readonly file: string;
  readonly lifecycle: Lifecycle;
  readonly load: () => Promise<Loaded>;
  /** Of cluster-up. */
  readonly version: string;
  /** Where output is shown besides being kept; null where nobody looks. */
  readonly sink: OutputSink | null;
  /** A line for people. */
  readonly say: (line: Line) => void;
  /** Where workers wait for the next supervisor if this one dies; see `AgentConfig`. */
  readonly door: string;
  /** All cluster-mode workers of the file, also of supervisors that have died. */
  readonly workers: Roster;
  /** Programs of supervisors that have died, which are being ended. */
  readonly leftPrograms: () => readonly number[];
  /** A fault of ours, with its stack; must not throw. */
  readonly failed: (error: unknown) => void;
  readonly start?: StartWorker;
  /** A process has been started. */
  readonly started?: (pid: number, spec: AppSpec) => void;
  /** The file has changed: it is being applied, or (`desired` is null) was rejected. */
  readonly reloaded: (loaded: Loaded) => void;
}

export class Session {
  readonly logs: LogBuffer = new LogBuffer();
  readonly #options: SessionOptions;
  readonly #faults: Faults;
  readonly #lifecycle: Lifecycle;
  readonly #supervisor: Supervisor;
  readonly #orphans: Orphans;
  readonly #follower: Follower;
  readonly #files = new LogFiles({ say: (line) => this.say(line) });
  readonly #processes = new Processes();
  readonly #triggers: Triggers;
  readonly #health: HealthWatch;
  readonly #metrics: MetricsPage;
  readonly #listeners = new Set<(line: Line) => void>();
  readonly #narrator = new Narrator((app, revision) => this.#supervisor.lastWords(app, revision));
  readonly #intents = new Map<string, Intent>();
  readonly #history = new History();
  readonly #versions = new PackageVersions();
  readonly #loop = new LoopWatch({ stood: (ms) => this.say({ level: 'bad', text: stoodText(ms) }) });
  /** The file as it was read before anything ran. */
  #first: Desired | null = null;
  /** The file as it was applied last, without intents. */
  #file: Desired | null = null;
  #edition = 0;
  #ended: Promise<void> | null = null;

  /** The last lines, in memory. */
  readonly #kept: OutputSink = {
    write: (launch, stream, lines) => {
      this.logs.add(launch, stream, lines, this.#files.keeps(launch.spec.name));
      return true;
    },
    whenWritable: (resume) => resume(),
  };

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#faults = new Faults({ say: (line) => this.say(line), log: options.failed });
    const sinks = [this.#kept, this.#files, ...(options.sink === null ? [] : [options.sink])];
    this.#lifecycle = options.lifecycle;
    this.#supervisor = new Supervisor({
      start: options.start ?? startWorker,
      failed: this.#faults.tell,
      sink: allOf(sinks, (error) => this.#faults.tell('passing output on', error)),
      door: options.door,
      notify: (notice) => this.#noticed(notice),
      changed: () => {
        this.#health.look();
        this.#makeWay();
      },
      measured: ({ id, slot, spec }, before, now) =>
        this.#metrics.told(id, { app: spec.name, slot }, before, now),
      ended: (worker) => this.#metrics.ended(worker),
      ...(options.started === undefined ? {} : { started: options.started }),
    });
    this.#orphans = new Orphans({
      door: options.door,
      roster: options.workers,
      fateOf: (app, ports) => this.#fateOf(app, ports),
      adopt: (app, offer, handle, orphan) => this.#supervisor.adopt(app, offer, handle, orphan),
      released: (orphan) => this.#supervisor.orphanReleased(orphan),
      isArriving: () => this.#isArriving(),
      release: (app) => this.#supervisor.release(app),
      drained: (drained) => this.#noticed({ type: 'retired', ...drained }),
      say: (line) => this.say(line),
    });
    this.#follower = new Follower({
      file: options.file,
      load: options.load,
      wayTo,
      watch: watchPlaces,
      applied: (desired, loaded) => {
        options.reloaded(loaded);
        this.#applyFile(desired);
      },
      rejected: options.reloaded,
      warn: (text) => this.say({ level: 'bad', text }),
    });
    // Its own: each interval of CPU time belongs to whoever asked.
    const processes = new Processes();
    this.#triggers = new Triggers({
      clock: () => this.#supervisor.now,
      apps: () => this.apps,
      usage: (ages) => processes.usage(ages),
      reload: (app, cause) => this.#reload(app, cause),
      unfit: (app, worker, cause) => {
        this.#metrics.replaced(app, 'memory');
        this.#supervisor.replace(app, worker, cause);
      },
      say: (text, level) => this.say({ level, text }),
    });
    this.#health = new HealthWatch({
      clock: () => this.#supervisor.now,
      apps: () => this.apps,
      questions: (worker) => this.#supervisor.questions(worker),
      note: (event) => this.#supervisor.note(event),
      unfit: (app, worker, cause) => {
        this.#metrics.replaced(app, 'health');
        this.#supervisor.replace(app, worker, cause);
      },
      say: (text, level) => this.say({ level, text }),
    });
    this.#metrics = new MetricsPage({
      apps: () => this.apps,
      now: () => this.#supervisor.now,
      ask: () => this.#supervisor.metrics(),
      keepMeasuring: (bounds) => this.#supervisor.keepMeasuring(bounds),
      whole: () => ({
        version: options.version,
        converged: this.#isConverged,
        rejected: this.#follower.error !== null,
        plans: this.#supervisor.plans,
        loopDelay: this.#loop.delay,
      }),
      say: (line) => this.say(line),
    });
  }

  get apps(): readonly ObservedApp[] {
    return this.#supervisor.observed.apps;
  }

  /** On the clock of what is observed. */
  get now(): number {
    return this.#supervisor.now;
  }

  /** Where an app listens. */
  addressesOf(app: string): readonly string[] {
    return this.#narrator.addressesOf(app);
  }

  /** Names of the apps in the file, in its order. */
  get names(): readonly string[] {
    return (this.#file ?? this.#first)?.apps.map(({ name }) => name) ?? [];
  }

  /** Each app as `state` has it, but for what the system knows of its processes. */
  get summary(): readonly AppState[] {
    return this.apps.map((app) =>
      appState(app, null, new Map(), this.#supervisor.now, this.#supervisor.waitsFor(app)),
    );
  }

  /** Takes over what a supervisor that died has left, and makes it so; unless the end comes first. */
  async start(first: Desired): Promise<void> {
    this.#first = first;
    if (this.#lifecycle.isOver) return;
    await this.#orphans.find();
    if (!this.#lifecycle.move('started')) return;
    this.#follower.seen(first);
    this.#applyFile(first);
  }

  /** Applies what becomes of the file from now on, and since it was read. */
  follow(): void {
    if (!this.#lifecycle.isOver) this.#follower.start();
  }

  /**
   * Reads the file, applies it if it has changed, and resolves with why it could not be, or null.
   *
   * @throws Ending
   */
  look(): Promise<string | null> {
    // Nothing starts before what may be taken over has been.
    return this.#lifecycle.whileRunning(async () => {
      await this.#follower.look();
      return this.#follower.error;
    });
  }

  /** Applies the file as it is now, if that is what the plan with this id was about; resolves with whether it was. */
  async applyPlan(id: string): Promise<boolean> {
    let holds = false;
    await this.#follower.look((desired) => (holds = this.#planId(desired) === id));
    return holds;
  }

  /** Changes what people want of an app, and makes it so. */
  intend(app: string, change: (intent: Intent) => Intent): void {
    this.#intents.set(app, change(this.#intents.get(app) ?? NO_INTENT));
    this.#edition += 1;
    this.#apply();
  }

  /** The revision that was stable before the one that is, or that is if another is being tried; null if none was. */
  previous(app: string): AppSpec | null {
    const observed = this.apps.find(({ name }) => name === app);
    return observed === undefined ? null : this.#history.previous(observed);
  }

  get generation(): string {
    return this.#file?.generation ?? '';
  }

  wait(): Promise<Outcome> {
    return this.#supervisor.wait();
  }

  /** Resolves once it has planned again: the loop turns. */
  pulse(): Promise<void> {
    return this.#supervisor.pulse();
  }

  /** What applying the file as it is now would do; null where it is not valid. */
  async plan(): Promise<NamedPlan | null> {
    const { desired } = await this.#options.load();
    if (desired === null) return null;
    const next = this.#intended(desired);
    const listens = (name: string): boolean => this.apps.find((app) => app.name === name)?.listens ?? false;
    const seen = { listens, canReusePort: canReusePort() };
    const { desired: before, observed } = this.#supervisor;
    const apps = predict(before?.apps ?? null, next, seen, observed).map((app) => this.#withProgress(app));
    return { id: this.#planId(desired), apps };
  }

  /** Of what leads from what runs now to what this asks for. */
  #planId({ generation }: Desired): string {
    const id = createHash('sha256').update(`${this.generation} ${this.#edition} ${generation}`).digest('hex');
    return id.slice(0, 8);
  }

  /** Calls back for each line for people until the returned function is called. */
  listen(listener: (line: Line) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async state(): Promise<State> {
    const now = this.#supervisor.now;
    const ages = agesOf(this.apps, now).set(process.pid, process.uptime() * 1000);
    const [usage, versions] = await Promise.all([
      this.#processes.usage(ages),
      this.#versions.ofAll(this.apps.map(({ spec }) => spec)),
    ]);
    const own = usage.get(process.pid);
    const order = this.names;
    const apps = [...this.apps].sort((a, b) => rank(order, a.name) - rank(order, b.name));
    const { error } = this.#follower;
    const programs = this.#options.leftPrograms().map((pid) => ({ pid, app: null, slot: null }));
    const leftovers = [...programs, ...this.#orphans.living];
    return {
      ecosystem: this.#options.file,
      converged: this.#isConverged,
      supervisor: {
        pid: process.pid,
        version: this.#options.version,
        uptimeMs: Math.round(process.uptime() * 1000),
        memory: own?.memory ?? process.memoryUsage.rss(),
        cpu: own?.cpu ?? 0,
        loopDelayMs: Math.round(this.#loop.delay.p99 * 10) / 10,
      },
      config: { state: error === null ? 'applied' : 'rejected', error },
      apps: apps.map((app) =>
        appState(app, versions.get(app.spec) ?? null, usage, now, this.#supervisor.waitsFor(app)),
      ),
      ...(leftovers.length === 0 ? {} : { leftovers }),
    };
  }

  metrics(): Promise<Metrics> {
    return this.#supervisor.metrics();
  }

  /** The page of metrics, in the text format of Prometheus. */
  async metricsPage(): Promise<string> {
    return (await this.#metrics.page()).text;
  }

  /** A line for everybody who listens. */
  say(line: Line): void {
    for (const listen of [this.#options.say, ...this.#listeners])
      guarded('telling people what happens', this.#faults.tell, () => listen(line));
  }

  /** A fault of ours, wherever it came from: it is told, and all goes on. */
  fault(what: string, error: unknown): void {
    this.#faults.tell(what, error);
  }

  /**
   * Drains everything; resolves when the last process has gone. Further calls share the first.
   *
   * @param orphans `leave`: those of a supervisor that died serve on, for the next one
   */
  shutdown(orphans: 'end' | 'leave' = 'end'): Promise<void> {
    this.#follower.close();
    this.#triggers.close();
    this.#health.close();
    this.#metrics.close();
    this.#loop.close();
    this.#ended ??= this.#end(orphans);
    return this.#ended;
  }

  /** The log files that an app writes to now. */
  logFiles(app: string): readonly LogFileState[] {
    return this.#files.state(app);
  }

  /** Opens the log files anew, for whoever has moved them away; resolves with how many there are. */
  reopenLogs(): Promise<number> {
    return this.#files.reopen();
  }

  /** Ends everything at once. */
  killAll(): void {
    this.#supervisor.killAll();
    this.#orphans.killAll();
  }

  async #end(orphans: 'end' | 'leave'): Promise<void> {
    if (orphans === 'leave') this.#orphans.letGo();
    await Promise.all([this.#supervisor.shutdown(), orphans === 'end' ? this.#orphans.end() : null]);
    // Where the end came before anything was started, they were taken over for nobody.
    for (const name of this.names) this.#supervisor.release(name);
    await this.#files.end();
  }

  /** Nothing is as the file asks while it begins or ends. */
  get #isConverged(): boolean {
    const { converged } = this.#supervisor;
    return converged && this.#follower.error === null && this.#lifecycle.phase === 'running';
  }

  /** Whether an app that the file asks for has not been there yet. */
  #isArriving(): boolean {
    if (this.#lifecycle.isOver) return false;
    if (this.#file === null) return true;
    return this.names.some((name) => {
      const app = this.apps.find((candidate) => candidate.name === name);
      if (app === undefined) return true;
      return app.stable === null && (app.rollout === null || app.rollout.state === 'progressing');
    });
  }

  /** For workers that cannot have their address while orphans of their app have it. */
  #makeWay(): void {
    for (const { name, workers } of this.apps) {
      const waiting = workers.find(({ blocked }) => blocked !== null);
      if (waiting !== undefined) this.#orphans.makeWay(name, waiting.blocked ?? '');
    }
  }

  #fateOf(name: string, ports: readonly number[]): Fate {
    const specs = (this.#file ?? this.#first)?.apps ?? [];
    const app = specs.find((candidate) => candidate.name === name);
    if (app === undefined)
      return heirs(specs, ports).every((spec) => this.#isThere(spec)) ? 'retire' : 'stay';
    return app.process.mode === 'cluster' ? 'replace' : 'give-way';
  }

  /** Whether it has completed a rollout. */
  #isThere({ name }: AppSpec): boolean {
    return this.apps.some((app) => app.name === name && app.stable !== null);
  }

  /** What waits for its canary goes on waiting for it, unless something else replaces it. */
  #withProgress(prediction: Prediction): Prediction {
    const app = this.summary.find(({ name }) => name === prediction.app);
    const canary = app?.rollout.canary ?? null;
    if (app === undefined || canary === null || prediction.note !== undefined) return prediction;
    return { ...prediction, note: canaryText(canary.workers, app.desired, canary.goesOnInMs) };
  }

  /** As by hand, but for the edition: no other app's failed revision gets another chance by it. */
  #reload(app: string, cause: string): void {
    const before = this.#intents.get(app) ?? NO_INTENT;
    const asked = { what: 'reload', generation: this.generation, cause } as const;
    this.#intents.set(app, { ...before, reloads: before.reloads + 1, asked });
    guarded(`reloading ${app}`, this.#faults.tell, () => this.#apply());
  }

  #applyFile(desired: Desired): void {
    this.#file = desired;
    const stays = whoStays(this.#supervisor.observed, this.#intended(desired));
    const staying = this.apps.filter(({ name }) => stays.has(name)).map(({ spec }) => spec);
    const kept = [...this.names, ...stays.keys()];
    this.#files.apply([...desired.apps, ...staying]);
    this.logs.keepOnly(new Set([...kept, ...this.apps.map(({ name }) => name)]));
    // Should its name come back, it is to be what it was.
    this.#history.keepOnly(kept);
    for (const app of this.#intents.keys()) if (!kept.includes(app)) this.#intents.delete(app);
    this.#apply();
  }

  #apply(): void {
    if (this.#file === null || this.#lifecycle.isOver) return;
    this.#narrator.begin();
    const desired = this.#intended(this.#file);
    this.#supervisor.apply(desired);
    // What watches the apps must not keep them from being run.
    guarded('watching the apps', this.#faults.tell, () => this.#triggers.follow(desired));
    guarded('measuring', this.#faults.tell, () => this.#metrics.follow(desired.metrics ?? null));
  }

  #intended(file: Desired): Desired {
    return withIntents(file, this.#intents, this.#edition);
  }

  #noticed(notice: Notice): void {
    guarded('measuring', this.#faults.tell, () => this.#metrics.noticed(notice));
    // The step has not taken effect yet, so the app's stable revision is still the one before.
    if (notice.type === 'step' && notice.step.kind === 'complete') this.#remember(notice.step.app);
    for (const line of this.#narrator.tell(notice, this.#supervisor.observed)) this.say(line);
    if (notice.type === 'step') this.#mayHaveSettled(notice.step);
    if (notice.type === 'converged') this.#follower.check();
    if (notice.type === 'converged') for (const name of this.names) this.#orphans.settled(name);
    this.#orphans.release();
  }

  #remember(name: string): void {
    const app = this.apps.find((candidate) => candidate.name === name);
    if (app !== undefined) this.#history.remember(app);
  }

  #mayHaveSettled({ kind, app }: Step): void {
    if (kind === 'ready') this.#orphans.ready(app);
    if (kind === 'complete' || kind === 'remove') this.#orphans.settled(app);
    if (kind === 'fail') this.#follower.check();
    if (kind === 'complete' || kind === 'fail') setImmediate(() => this.#triggers.settled(app));
  }
}

function rank(order: readonly string[], name: string): number {
  const at = order.indexOf(name);
  return at < 0 ? order.length : at;
}
