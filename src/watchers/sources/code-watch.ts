/**
 * Tells of code that has changed in place, of apps that are not rolled for it by themselves; and which workers were
 * started from it, as those of their revision were not. Level-triggered: an event only says when to look.
 */
import path from 'node:path';
import type { Clock } from '../../model/clock.ts';
import type { ObservedApp } from '../../model/observed.ts';
import type { WorkerEvent } from '../../model/worker-event.ts';
import type { AppSpec, Desired } from '../../model/spec.ts';
import { messageOf } from '../../model/text.ts';
import { specOf } from '../../observe/facts/target.ts';
import { logFilesOf, ownFiles } from '../../releases/code-files.ts';
import { differences, type Sums } from '../../releases/digest.ts';
import type { Identity } from '../../releases/code-identity.ts';
import type { StartWatch } from '../file/watch.ts';
import { onceQuiet, type Quiet } from '../quiet.ts';
import { changedText } from './burst.ts';
import { CodeFolders } from './code-folders.ts';

export interface CodeWatchOptions {
  readonly clock: Clock;
  readonly apps: () => readonly ObservedApp[];
  /** Which code each app has now, by name. */
  readonly look: (
    specs: readonly AppSpec[],
    own: readonly string[],
  ) => Promise<ReadonlyMap<string, Identity>>;
  readonly watch: StartWatch;
  readonly note: (event: WorkerEvent) => void;
  readonly say: (text: string, level: 'info' | 'bad') => void;
}

interface Known {
  /** The digest that was asked for when it was looked at. */
  readonly asked: string;
  /** What was there then. */
  readonly digest: string;
  readonly sums: Sums;
  /** When that came to be there, on the clock. */
  readonly changedAt: number;
  /** When it was looked at last. */
  readonly seenAt: number;
  /** The files as they were when they were last what was asked for. */
  readonly clean: Sums;
}

/** A build or a checkout takes a while, in ms. */
const CHANGE = { quiet: 300, atMost: 300 };
/** How often it is looked at when nothing tells of a change, in ms. */
const EVERY = 30_000;
/** The same where not all folders are watched. */
const SOON = 5000;
/** Looking takes at most this part of the time, as long as that makes nobody wait for longer than `LONGEST`. */
const SHARE = 0.02;
/** So that a slow disk or a busy machine does not put off what is to be told, in ms. */
const LONGEST = 3000;
export class CodeWatch {
  readonly #options: CodeWatchOptions;
  readonly #folders: CodeFolders;
  readonly #known = new Map<string, Known>();
  /** Apps of which it has been told. */
  readonly #told = new Set<string>();
  /** Apps with too many files, of which it has been told. */
  readonly #cut = new Set<string>();
  readonly #quiet: Quiet = onceQuiet(CHANGE, () => this.#lookSoon());
  #specs: readonly AppSpec[] = [];
  #own: readonly string[] = [];
  /** Folders that logs are written to. */
  #logged: ReadonlySet<string> = new Set();
  #looking = false;
  #isAsked = false;
  /** When the next look may begin, on the clock of `performance`. */
  #notBefore = 0;
  #pause: NodeJS.Timeout | undefined;
  #every: NodeJS.Timeout | undefined;

  constructor(options: CodeWatchOptions) {
    this.#options = options;
    this.#folders = new CodeFolders(options.watch, () => this.#quiet.poke());
  }

  /** From now on the code of these apps. */
  follow(desired: Desired): void {
    this.#own = ownFiles(desired);
    this.#specs = desired.apps.filter(
      ({ instances, process }) => instances > 0 && process.code !== undefined,
    );
    const names = new Set(this.#specs.map(({ name }) => name));
    for (const of of [this.#known, this.#told, this.#cut])
      for (const name of of.keys()) if (!names.has(name)) of.delete(name);
    // Each line would be an event.
    this.#logged = new Set(
      desired.apps.flatMap(({ logs }) => logFilesOf(logs).map((file) => path.dirname(file))),
    );
    if (names.size === 0) this.#rest();
    else this.#lookSoon();
  }

  /** A worker has been started, from what is there now. */
  started(): void {
    if (this.#specs.length === 0) return;
    // How soon it is told that it runs other code does not depend on how much there is to look at.
    this.#notBefore = 0;
    this.#quiet.poke();
  }

  /** Whether the app's files are other ones than those of the revision that it is to run. */
  isChanged({ name, spec }: ObservedApp): boolean {
    const known = this.#known.get(name);
    return known !== undefined && known.asked === spec.process.code?.digest && known.digest !== known.asked;
  }

  close(): void {
    this.#specs = [];
    this.#rest();
    this.#folders.close();
  }

  #rest(): void {
    this.#quiet.close();
    clearTimeout(this.#pause);
    clearTimeout(this.#every);
    this.#folders.rest();
  }

  #lookSoon(): void {
    clearTimeout(this.#pause);
    const wait = this.#notBefore - performance.now();
    if (wait > 0) this.#pause = setTimeout(() => void this.#look(), wait).unref();
    else void this.#look();
  }

  /** One look at a time; what happens meanwhile is seen by another one. */
  async #look(): Promise<void> {
    this.#isAsked = true;
    if (this.#looking) return;
    this.#looking = true;
    while (this.#isAsked && this.#specs.length > 0) {
      this.#isAsked = false;
      await this.#compare().catch((error: unknown) => {
        this.#options.say(`changes of code may be missed: ${messageOf(error)}`, 'bad');
      });
    }
    this.#looking = false;
    clearTimeout(this.#every);
    const pause = this.#folders.isPartly ? SOON : EVERY;
    if (this.#specs.length > 0) this.#every = setTimeout(() => this.#lookSoon(), pause).unref();
  }

  async #compare(): Promise<void> {
    const { look, clock } = this.#options;
    const [at, began] = [clock(), performance.now()];
    const specs = this.#specs;
    this.#folders.arm();
    const now = await look(specs, this.#own);
    const took = performance.now() - began;
    this.#notBefore = performance.now() + Math.min(took / SHARE, LONGEST);
    // Others are asked for since.
    if (specs !== this.#specs) return;
    if (this.#folders.follow([...now.values()], this.#logged)) this.#isAsked = true;
    for (const spec of specs) {
      const identity = now.get(spec.name);
      if (identity !== undefined) this.#take(spec, identity, at);
    }
  }

  #take(spec: AppSpec, { code, sums, isCut }: Identity, at: number): void {
    this.#tellIfCut(spec, code.folder, isCut);
    const digest = code.digest ?? '';
    const asked = spec.process.code?.digest ?? '';
    const before = this.#known.get(spec.name);
    const changedAt = before?.digest === digest ? before.changedAt : this.#changedAt(before, sums, at);
    const clean = digest === asked ? sums : (before?.clean ?? sums);
    this.#known.set(spec.name, { asked, digest, sums, changedAt, clean, seenAt: at });
    this.#mark(spec.name, code.folder, digest, changedAt);
    if (digest === asked) this.#told.delete(spec.name);
    else if (spec.triggers.watch === null && !this.#told.has(spec.name)) {
      this.#told.add(spec.name);
      const text = `${spec.name}: ${changedText(differences(clean, sums))}; ${howToGoOn(spec.name)}`;
      this.#options.say(text, 'info');
    }
  }

  #tellIfCut({ name, process }: AppSpec, folder: string, isCut: boolean): void {
    if (!isCut) this.#cut.delete(name);
    if (!isCut || this.#cut.has(name)) return;
    this.#cut.add(name);
    const script = path.basename(process.script);
    const text = `${name}: there are too many files in ${folder} to look at, so changes of ${script} alone are seen; name what is no code in \`ignore_watch\``;
    this.#options.say(text, 'bad');
  }

  /**
   * Of what was removed nothing says when, nor of what nobody had looked at; and what comes from elsewhere, as by a link or
   * a rename, may be older than its place here.
   */
  #changedAt(before: Known | undefined, sums: Sums, at: number): number {
    if (before === undefined) return at;
    const times = differences(before.sums, sums).flatMap((name) => sums.get(name)?.changedAt ?? []);
    return times.length === 0 ? at : Math.max(before.seenAt, Math.min(...times) - this.#epoch());
  }

  /** When the clock was at 0, as ms since the epoch. */
  #epoch(): number {
    return Date.now() - this.#options.clock();
  }

  /** Workers that were started from other code than that of their revision: after it had changed. */
  #mark(name: string, folder: string, digest: string, changedAt: number): void {
    const { apps, note, clock } = this.#options;
    const app = apps().find((candidate) => candidate.name === name);
    for (const worker of app?.workers ?? []) {
      const own = app === undefined ? undefined : specOf(app, worker.revision).process.code;
      const isOther = own?.folder === folder && own.digest !== digest && worker.startedAt > changedAt;
      if (isOther && worker.otherCode === undefined)
        note({ type: 'other-code', at: clock(), app: name, id: worker.id, code: digest.slice(0, 8) });
    }
  }
}

function howToGoOn(app: string): string {
  return `\`cluster-up up\` or \`cluster-up reload ${app}\` rolls it (\`watch: true\` does by itself, \`ignore_watch\` leaves out what is no code)`;
}
