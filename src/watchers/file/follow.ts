/**
 * Following the file and all that is read with it, level-triggered: what was read last is compared with what is there,
 * whatever tells of a change, and every 2 s if nothing does. What is missed once is seen the next time.
 */
import path from 'node:path';
import type { Loaded } from '../../config/load-ecosystem.ts';
import type { Desired } from '../../model/spec.ts';
import { messageOf } from '../../model/text.ts';
import { onceQuiet, type Quiet } from '../quiet.ts';
import type { StartWatch, Watch } from './watch.ts';
import type { Way } from './way.ts';

export interface FollowOptions {
  /** Absolute path of the ecosystem file. */
  readonly file: string;
  readonly load: () => Promise<Loaded>;
  readonly wayTo: (files: readonly string[]) => Promise<Way>;
  readonly watch: StartWatch;
  /** The content has changed, and can be applied. */
  readonly applied: (desired: Desired, loaded: Loaded) => void;
  /** The content has changed, and cannot: what runs goes on unchanged. Told once for each such content. */
  readonly rejected: (loaded: Loaded) => void;
  /** What stands in the way of following, in one line. */
  readonly warn: (text: string) => void;
}

/** One save is several events, and some save twice; in ms. */
const SAVE = { quiet: 50, atMost: 500 };
/** How often it is looked at when nothing tells of a change, in ms. */
const EVERY = 2000;
/** Longer than the clock of a file system stands still, in ms: two writes of the same size may have the same time. */
const GRAIN = 25;
/** Whoever removes a file and writes it anew has this long from when it was seen to be gone, in ms. */
const GRACE = 200;
/** A file that changes whenever it is read is taken as it was read last. */
const TRIES = 5;
/** Reading again what was rejected takes at most this part of the time. */
const SHARE = 0.05;

export class Follower {
  readonly #options: FollowOptions;
  /** All that was read last, or found missing. */
  #files: readonly string[];
  /** The way to them as it was before and after that; null if it is not known. */
  #print: string | null = null;
  #printedAt = 0;
  /** What was made of them. */
  #seen: string | null = null;
  #error: string | null = null;
  #brokenSince: number | null = null;
  /** One reading or look at a time. */
  #turn: Promise<void> = Promise.resolve();
  #reading: Promise<void> | null = null;
  #isAsked = false;
  #readAt = 0;
  /** How long that took, in ms. */
  #cost = 0;
  #watch: Watch | null = null;
  readonly #quiet: Quiet = onceQuiet(SAVE, () => void this.#read(false));
  #again: NodeJS.Timeout | undefined;
  #every: NodeJS.Timeout | undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#files = [options.file];
  }

  /** Why the file as it was last read is not what runs, in one line; null if it is. */
  get error(): string | null {
    return this.#error;
  }

  /** Takes what has been read already as seen. */
  seen(desired: Desired): void {
    this.#seen = contentOf(desired);
  }

  /** Follows what changes from now on, and what has changed since it was read. */
  start(): void {
    const { file, watch, warn } = this.#options;
    const failed = ({ message }: Error): void =>
      warn(
        `${path.basename(file)} cannot be watched, so edits are seen within ${EVERY / 1000} s: ${message}`,
      );
    this.#watch ??= watch(() => this.#changed(), failed);
    void this.#read(false);
    this.#tick();
  }

  /**
   * Resolves when the file has been read after this call, and `error` says what has become of it. Calls that come
   * before it is share one reading. Never rejects.
   */
  look(): Promise<void> {
    return this.#read(true);
  }

  /**
   * The same of what `load` reads, but to no effect where that cannot be applied or `accepts` says no.
   *
   * @returns why it cannot be applied, in one line; null if it can
   */
  async lookIf(
    accepts: (desired: Desired) => Promise<boolean>,
    load: () => Promise<Loaded> = this.#options.load,
  ): Promise<string | null> {
    let error: string | null = null;
    await this.#next(async () => {
      const { loaded, way } = await this.#load(load);
      error = errorOf(loaded, this.#options.file);
      if (loaded.desired !== null && (await accepts(loaded.desired))) this.#settle(loaded, way, true);
      // What it has become is seen by the next look.
      else this.#print = null;
    });
    return error;
  }

  /** Compares by the way: something has come to an end, and an edit of meanwhile may have been missed. */
  check(): void {
    if (this.#watch !== null) void this.#compare();
  }

  close(): void {
    this.#watch?.close();
    this.#watch = null;
    this.#quiet.close();
    clearTimeout(this.#again);
    clearTimeout(this.#every);
  }

  #tick(): void {
    if (this.#watch === null) return;
    this.#every = setTimeout(() => void this.#compare().then(() => this.#tick()), EVERY).unref();
  }

  #changed(): void {
    if (this.#watch !== null) this.#quiet.poke();
  }

  #compare(): Promise<void> {
    return this.#next(async () => {
      const { print, isBroken } = await this.#way(this.#files);
      if (isBroken) this.#brokenSince ??= performance.now();
      if (print !== this.#print || this.#mayHaveBecomeValid()) this.#changed();
    });
  }

  #read(isAsked: boolean): Promise<void> {
    this.#isAsked ||= isAsked;
    this.#reading ??= this.#next(async () => {
      const wasAsked = this.#isAsked;
      this.#isAsked = false;
      this.#reading = null;
      const { loaded, way } = await this.#load();
      this.#settle(loaded, way, wasAsked);
    });
    return this.#reading;
  }

  /** What made it invalid may be elsewhere: a script or a user that was missing, a descriptor that was not free. */
  #mayHaveBecomeValid(): boolean {
    return this.#error !== null && performance.now() - this.#readAt >= this.#cost / SHARE;
  }

  /** After all that was begun before; what fails is told, and tried again. */
  #next(job: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(job).catch((error: unknown) => {
      const text = `${path.basename(this.#options.file)} could not be followed: ${messageOf(error)}`;
      if (text !== this.#error) this.#options.warn(text);
      this.#error = text;
      this.#print = null;
    });
    return this.#turn;
  }

  /** What is there, and the way to it; null where it has changed each time that it was read. */
  async #load(load = this.#options.load): Promise<{ loaded: Loaded; way: Way | null }> {
    for (let tries = 1; ; tries += 1) {
      const before = await this.#way(this.#files);
      const start = performance.now();
      const loaded = await load();
      this.#readAt = performance.now();
      this.#cost = this.#readAt - start;
      this.#files = loaded.files;
      const way = await this.#way(loaded.files);
      if (way.print === before.print) return { loaded, way };
      if (tries === TRIES) return { loaded, way: null };
    }
  }

  /** Watched before it is used, or a change in between were seen by nobody. */
  async #way(files: readonly string[]): Promise<Way> {
    const way = await this.#options.wayTo(files);
    this.#watch?.arm(way.places);
    return way;
  }

  #settle(loaded: Loaded, way: Way | null, isAsked: boolean): void {
    if (way?.print !== this.#print) this.#printedAt = performance.now();
    this.#print = way?.print ?? null;
    if (way === null) this.#changed();
    else if (performance.now() - this.#printedAt < GRAIN) this.#readAgain(GRAIN);
    const { desired } = loaded;
    if (way?.isBroken !== true || desired !== null) this.#brokenSince = null;
    else if (!isAsked && this.#mayComeBack()) return;
    this.#error = errorOf(loaded, this.#options.file);
    // Without a Desired there is no generation: what is said about the file stands for it, so it is said once.
    const unseen = loaded.diagnostics.map((one) => ({ ...one, hint: null }));
    const state = desired === null ? JSON.stringify(unseen) : contentOf(desired);
    if (state === this.#seen) return;
    if (desired === null) this.#options.rejected(loaded);
    else this.#options.applied(desired, loaded);
    this.#seen = state;
  }

  #mayComeBack(): boolean {
    this.#brokenSince ??= performance.now();
    const left = this.#brokenSince + GRACE - performance.now();
    if (left <= 0) return false;
    this.#readAgain(left);
    return true;
  }

  /** Unless it is going to be, once a change that comes before is over. */
  #readAgain(delay: number): void {
    if (this.#watch === null) return;
    const read = (): void => {
      if (!this.#quiet.isPending()) void this.#read(false);
    };
    clearTimeout(this.#again);
    this.#again = setTimeout(read, delay).unref();
  }
}

/** What is applied when it is another one. */
function contentOf({ generation, releases = '' }: Desired): string {
  return `${generation} ${releases}`;
}

function errorOf({ diagnostics }: Loaded, main: string): string | null {
  const first = diagnostics.find(({ severity }) => severity === 'error');
  if (first === undefined) return null;
  if (first.code === 'CU1001') return `${path.basename(main)} is not there`;
  const { code, file, start, message } = first;
  const where = file === main ? '' : `${path.basename(file)}:`;
  return `${where}${start.line}:${start.column} ${code} ${message}`;
}
