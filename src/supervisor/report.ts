/** What is told of the whole to whoever asks: its state, one app in full, what the file would change. */
import type { Loaded } from '../config/load-ecosystem.ts';
import type { LogFileState } from '../logs/log-file.ts';
import type { Clock } from '../model/clock.ts';
import type { NamedPlan, Operations } from '../model/control.ts';
import type { ShellEnvironment } from '../model/inherited.ts';
import type { Observed, ObservedApp } from '../model/observed.ts';
import type { Prediction } from '../model/prediction.ts';
import type { AppSpec, Desired, ProcessSpec } from '../model/spec.ts';
import type { AppState, LeftoverView, OnDisk, State } from '../model/state.ts';
import { canaryText } from '../model/text.ts';
import { predict } from '../observe/report/predict.ts';
import { sha256 } from '../shared/revision.ts';
import { MASK, maskArguments, maskCommandLine, maskLines } from '../shared/mask.ts';
import type { LoopDelay } from '../watchers/loop-delay.ts';
import { foresee, withReleaseNames } from '../releases/foresee.ts';
import { contentOf } from './code-now.ts';
import type { Effects } from './effects.ts';
import type { PackageVersions } from './package-version.ts';
import { agesOf, type Usage } from '../watchers/processes.ts';
import { appState, pendingState, withPreparation } from './state.ts';
import { waitsFor } from './waits.ts';
import type { Wanted } from './wanted.ts';

export interface ReportOptions {
  /** Absolute path of the ecosystem file. */
  readonly file: string;
  /** Of cluster-up. */
  readonly version: string;
  readonly clock: Clock;
  readonly wanted: Wanted;
  /** What is planned for, and what is known. */
  readonly known: () => { readonly desired: Desired | null; readonly observed: Observed };
  readonly isConverged: () => boolean;
  /** Why the file as it was read last is not what runs; null if it is. */
  readonly rejection: () => string | null;
  /** What supervisors that died have left, and has not gone yet. */
  readonly leftovers: () => readonly LeftoverView[];
  /** What it runs of and is no longer on disk as it was; null where all is. */
  readonly onDisk: () => OnDisk | null;
  readonly load: (environment?: ShellEnvironment) => Promise<Loaded>;
  readonly releases: Effects['releases'];
  /** Whether the files of an app's code are other ones by now. */
  readonly isCodeChanged: (app: ObservedApp) => boolean;
  readonly usage: (ages: ReadonlyMap<number, number>) => Promise<ReadonlyMap<number, Usage>>;
  readonly versions: Pick<PackageVersions, 'ofAll'>;
  readonly loopDelay: () => LoopDelay;
  readonly canReusePort: () => boolean;
  readonly addressesOf: (app: ObservedApp) => readonly string[];
  readonly logFilesOf: (app: string) => readonly LogFileState[];
}

export class Report {
  readonly #of: ReportOptions;

  constructor(options: ReportOptions) {
    this.#of = options;
  }

  /** What is known of an app; null if nothing is. */
  appOf(name: string): ObservedApp | null {
    return this.#apps.find((app) => app.name === name) ?? null;
  }

  /** Each app as `state` has it, but for what the system knows of its processes. */
  summary(): readonly AppState[] {
    return [...this.#apps.map((app) => this.#app(app, null, new Map())), ...this.#pending()];
  }

  async state(): Promise<State> {
    const { file, version, clock, wanted, versions, usage: usageOf, rejection } = this.#of;
    const ages = agesOf(this.#apps, clock()).set(process.pid, process.uptime() * 1000);
    const specs = this.#apps.map(runningSpec);
    const [usage, known] = await Promise.all([usageOf(ages), versions.ofAll(specs)]);
    const own = usage.get(process.pid);
    const rank = ranking(wanted.names);
    const error = rejection();
    const leftovers = this.#of.leftovers();
    const onDisk = this.#of.onDisk();
    return {
      ecosystem: file,
      converged: this.#of.isConverged(),
      supervisor: {
        pid: process.pid,
        version,
        uptimeMs: Math.round(process.uptime() * 1000),
        memory: own?.memory ?? process.memoryUsage.rss(),
        cpu: own?.cpu ?? 0,
        loopDelayMs: Math.round(this.#of.loopDelay().p99 * 10) / 10,
        ...(onDisk === null ? {} : { onDisk }),
      },
      config: { state: error === null ? 'applied' : 'rejected', error },
      apps: [...this.#apps]
        .sort((a, b) => rank(a.name) - rank(b.name))
        .map((app) => this.#app(app, known.get(runningSpec(app)) ?? null, usage))
        .concat(this.#pending()),
      ...(leftovers.length === 0 ? {} : { leftovers }),
    };
  }

  /** By name, or by the id of one of its workers; null where nothing is known of it yet. */
  async show(target: string): Promise<Operations['show']['result'] | null> {
    const state = await this.state();
    const app =
      state.apps.find(({ name }) => name === target) ??
      state.apps.find(({ workers }) => workers.some(({ id }) => String(id) === target));
    const observed = this.#apps.find(({ name }) => name === app?.name);
    if (app === undefined || observed === undefined) return null;
    const { process: spec, ...rest } = observed.spec;
    const now = this.#of.clock();
    const exits = observed.exits.map(({ at, slot, revision, pid, exit }) => ({
      agoMs: Math.round(now - at),
      slot,
      revision,
      pid,
      ...exit,
      stderr: maskLines(exit.stderr, spec.env),
    }));
    return {
      ...app,
      stable: observed.stable?.revision ?? null,
      addresses: this.#of.addressesOf(observed),
      spec: { ...rest, process: masked(spec) },
      exits,
      drains: observed.drains,
      logFiles: this.#of.logFilesOf(app.name),
    };
  }

  /** What applying the file as it is now would do; null where it is not valid. */
  async plan(environment?: ShellEnvironment): Promise<NamedPlan | null> {
    const { desired: read } = await this.#of.load(environment);
    if (read === null) return null;
    const { desired, about } = await foresee(read, this.#of.releases);
    const apps = withReleaseNames(this.#predict(desired), about);
    return { id: this.planId(desired), apps: apps.map((app) => this.#withProgress(app)) };
  }

  /** Whether all runs as this file asks, so that applying it would do nothing. */
  isAsAsked(file: Desired): boolean {
    return (
      this.#of.isConverged() &&
      this.#predict(file).every(({ effect, note }) => effect === 'none' && note === undefined)
    );
  }

  #predict(file: Desired): readonly Prediction[] {
    const { wanted, known, canReusePort } = this.#of;
    const { desired: before, observed } = known();
    const listens = (name: string): boolean =>
      observed.apps.find((app) => app.name === name)?.listens ?? false;
    const seen = { listens, canReusePort: canReusePort() };
    return predict(before?.apps ?? null, wanted.with(file), seen, observed);
  }

  /** The same file, were all there that its sources lead to now. */
  async foreseen(desired: Desired): Promise<Desired> {
    return (await foresee(desired, this.#of.releases)).desired;
  }

  /** Of what leads from what runs now to what this asks for. */
  planId(desired: Desired): string {
    return sha256(this.#of.wanted.edition, contentOf(desired)).slice(0, 8);
  }

  get #apps(): readonly ObservedApp[] {
    return this.#of.known().observed.apps;
  }

  #app(app: ObservedApp, version: string | null, usage: ReadonlyMap<number, Usage>): AppState {
    const now = this.#of.clock();
    const waits = waitsFor(app, this.#of.known().observed, now);
    const about = { version, waits, isCodeChanged: this.#of.isCodeChanged(app) };
    const preparation = this.#of.known().desired?.preparations?.get(app.name);
    const state = appState(app, about, usage, now);
    return preparation === undefined ? state : withPreparation(state, preparation);
  }

  #pending(): readonly AppState[] {
    const { wanted, known } = this.#of;
    const preparations = known().desired?.preparations;
    return wanted.pending.map((spec) =>
      pendingState(
        spec,
        preparations?.get(spec.name) ?? { state: 'preparing', message: 'waits for its release' },
      ),
    );
  }

  /** What waits for its canary goes on waiting for it, unless something else replaces it. */
  #withProgress(prediction: Prediction): Prediction {
    const app = this.summary().find(({ name }) => name === prediction.app);
    const canary = app?.rollout.canary ?? null;
    if (app === undefined || canary === null || prediction.note !== undefined) return prediction;
    return { ...prediction, note: canaryText(canary.workers, app.desired, canary.goesOnInMs) };
  }
}

/** That of the workers that serve; where none does, that of those to come. */
function runningSpec({ spec, stable, workers }: ObservedApp): AppSpec {
  const serves = (revision: string): boolean =>
    workers.some((worker) => worker.status === 'online' && worker.revision === revision);
  return stable !== null && serves(stable.revision) && !serves(spec.revision) ? stable : spec;
}

/** In this order, and all others after them. */
function ranking(order: readonly string[]): (name: string) => number {
  return (name) => {
    const at = order.indexOf(name);
    return at < 0 ? order.length : at;
  };
}

/** No value of the environment, and no argument that looks secret. */
function masked(spec: ProcessSpec): ProcessSpec {
  const { inherited } = spec;
  return {
    ...spec,
    script: spec.shell ? maskCommandLine(spec.script) : spec.script,
    args: maskArguments(spec.args),
    interpreterArgs: maskArguments(spec.interpreterArgs),
    env: hidden(spec.env),
    ...(inherited === undefined ? {} : { inherited: hidden(inherited) }),
  };
}

function hidden(variables: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(variables).map((name) => [name, MASK]));
}
