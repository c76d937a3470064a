/**
 * The metrics of an ecosystem: what is counted, for how long, and the page that shows it. Nothing is read while nobody
 * asks for the page, and the workers count nothing unless the file has `metrics`, or somebody asks all the same.
 */
import type { Metrics as Answers } from '../../model/control.ts';
import type { Line, Notice } from '../../model/notice.ts';
import type { ObservedApp } from '../../model/observed.ts';
import type { Reading } from '../../model/protocol.ts';
import type { MetricsSpec } from '../../model/spec.ts';
import { agesOf, Processes } from '../../watchers/processes.ts';
import { appState } from '../state.ts';
import { BOUNDS } from './catalog.ts';
import { Endpoint } from './endpoint.ts';
import { openPage, type Page } from './page.ts';
import { appSnapshot, slotsOf, type Snapshot } from './snapshot.ts';
import { Tally, type Unfitness } from './tally.ts';
import { Totals, type Place } from './totals.ts';

export interface MetricsOptions {
  readonly apps: () => readonly ObservedApp[];
  /** On the supervisor's clock. */
  readonly now: () => number;
  /** Asks the workers, who tell through `told`; takes a bounded time. */
  readonly ask: () => Promise<Answers>;
  /** Has all workers count, these and later ones, until it is called with null. */
  readonly keepMeasuring: (bounds: readonly number[] | null) => void;
  readonly whole: () => Omit<Snapshot, 'apps'>;
  readonly say: (line: Line) => void;
}

/** Where the file does not ask for metrics, the workers count for this long after somebody did, in ms. */
const LENT = 10 * 60_000;

/** Of no concern here. */
const UNKNOWN = { version: null, waits: null, isCodeChanged: false };

export class Metrics {
  readonly #options: MetricsOptions;
  readonly #tally = new Tally();
  readonly #endpoint: Endpoint;
  /** Its own: each interval of CPU time belongs to whoever asked. */
  readonly #processes = new Processes();
  /** Null while nothing is counted. */
  #totals: Totals | null = null;
  #page: Promise<Page> | null = null;
  #making: Promise<{ contentType: string; text: string }> | null = null;
  #isConfigured = false;
  #lent: NodeJS.Timeout | undefined;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#endpoint = new Endpoint({ page: () => this.page(), say: options.say });
  }

  /** From now on as the file asks for; with null, nothing is counted. */
  follow(spec: MetricsSpec | null): void {
    this.#isConfigured = spec !== null;
    if (this.#isConfigured) this.#start();
    else if (this.#lent === undefined) this.#stop();
    this.#endpoint.follow(spec);
    const apps = this.#options.apps();
    this.#tally.keepOnly(apps.map(({ name }) => name));
    this.#totals?.keepOnly(placesOf(apps));
  }

  close(): void {
    clearTimeout(this.#lent);
    this.#lent = undefined;
    this.follow(null);
  }

  noticed(notice: Notice): void {
    this.#tally.note(notice);
  }

  /** A worker that serves is to be replaced. */
  replaced(app: string, reason: Unfitness): void {
    this.#tally.unfit(app, reason);
  }

  /** A worker has told what it counted; `before` is what it told the last time, null for the first. */
  told(worker: number, place: Place, before: Reading | null, now: Reading): void {
    this.#totals?.add(worker, place, before, now);
  }

  ended(worker: number): void {
    this.#totals?.ended(worker);
  }

  /** Those who ask while it is being made get the same page. */
  page(): Promise<{ readonly contentType: string; readonly text: string }> {
    this.#making ??= this.#make().finally(() => (this.#making = null));
    return this.#making;
  }

  async #make(): Promise<{ contentType: string; text: string }> {
    if (!this.#isConfigured) this.#lend();
    const totals = this.#start();
    const { apps, ask, now, whole } = this.#options;
    this.#page ??= openPage();
    const [page, answers, usage] = await Promise.all([
      this.#page,
      ask(),
      this.#processes.usage(agesOf(apps(), now())),
    ]);
    for (const { name, workers } of apps())
      for (const { id, pid, slot } of workers) {
        const used = pid === null ? undefined : usage.get(pid)?.usedMs;
        if (used !== undefined) totals.addCpu(id, { app: name, slot }, used);
      }
    totals.keepOnly(placesOf(apps()));
    const read = { usage, answers, tally: this.#tally, totals };
    const snapshot = {
      ...whole(),
      apps: apps().map((app) => appSnapshot(app, appState(app, UNKNOWN, usage, now()), read)),
    };
    const text = await page.text(snapshot);
    totals.taken();
    return { contentType: page.contentType, text };
  }

  #start(): Totals {
    if (this.#totals === null) this.#options.keepMeasuring(BOUNDS);
    return (this.#totals ??= new Totals(BOUNDS));
  }

  #stop(): void {
    if (this.#totals !== null) this.#options.keepMeasuring(null);
    this.#totals = null;
  }

  #lend(): void {
    clearTimeout(this.#lent);
    this.#lent = setTimeout(() => {
      this.#lent = undefined;
      if (!this.#isConfigured) this.#stop();
    }, LENT).unref();
  }
}

function placesOf(apps: readonly ObservedApp[]): Place[] {
  return apps.flatMap((app) => slotsOf(app).map((slot) => ({ app: app.name, slot })));
}
