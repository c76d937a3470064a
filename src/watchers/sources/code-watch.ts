/**
 * Tells of code that has changed in place, of apps that are not rolled for it by themselves; and which workers were
 * started from it, as those of their revision were not. Level-triggered: an event only says when to look.
 */
import type { Clock } from '../../model/clock.ts';
import type { ObservedApp } from '../../model/observed.ts';
import type { WorkerEvent } from '../../model/worker-event.ts';
import type { AppSpec, Desired } from '../../model/spec.ts';
import { messageOf } from '../../model/text.ts';
import { specOf } from '../../observe/facts/target.ts';
import { ownFiles } from '../../releases/code-files.ts';
import { differences, type Sums } from '../../releases/digest.ts';
import type { Identity } from '../../releases/code-identity.ts';
import type { StartWatch, Watch } from '../file/watch.ts';
import { onceQuiet, type Quiet } from '../quiet.ts';

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
  asked: string;
  /** The digest on disk. */
  digest: string;
  /** When it was last seen to be what the app's revision is of. */
  cleanAt: number;
  /** The files as they were then. */
  sums: Sums;
}

/** A build or a checkout is many events, in ms. */
const CHANGE = { quiet: 300, atMost: 5000 };
/** How often it is looked at when nothing tells of a change, in ms. */
const EVERY = 30_000;
/** Looking takes at most this part of the time. */
const SHARE = 0.05;
/** Folders that are watched, at the most; what changes in others is seen by the next look. */
const MOST_FOLDERS = 4096;

export class CodeWatch {
  readonly #options: CodeWatchOptions;
  readonly #known = new Map<string, Known>();
  /** What has been told, by app. */
  readonly #told = new Map<string, string>();
  readonly #watch: Watch;
  readonly #quiet: Quiet = onceQuiet(CHANGE, () => this.#lookSoon());
  #specs: readonly AppSpec[] = [];
  #own: readonly string[] = [];
  #looking = false;
  #isAsked = false;
  /** When the next look may begin, on the clock of `performance`. */
  #notBefore = 0;
  #pause: NodeJS.Timeout | undefined;
  #every: NodeJS.Timeout | undefined;

  constructor(options: CodeWatchOptions) {
    this.#options = options;
    // Nothing is lost where it cannot: the next look sees it.
    this.#watch = options.watch(
      () => this.#quiet.poke(),
      () => {},
    );
  }

  /** From now on the code of these apps. */
  follow(desired: Desired): void {
    this.#own = ownFiles(desired);
    this.#specs = desired.apps.filter(
      ({ instances, process }) => instances > 0 && process.code !== undefined,
    );
    const names = new Set(this.#specs.map(({ name }) => name));
    for (const map of [this.#known, this.#told])
      for (const name of map.keys()) if (!names.has(name)) map.delete(name);
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
    this.#watch.close();
  }

  #rest(): void {
    this.#quiet.close();
    clearTimeout(this.#pause);
    clearTimeout(this.#every);
    this.#watch.arm(new Map());
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
    if (this.#specs.length > 0) this.#every = setTimeout(() => this.#lookSoon(), EVERY).unref();
  }

  async #compare(): Promise<void> {
    const { look, clock } = this.#options;
    const [at, began] = [clock(), performance.now()];
    const specs = this.#specs;
    const now = await look(specs, this.#own);
    const took = performance.now() - began;
    this.#notBefore = performance.now() + took / SHARE;
    // Others are asked for since.
    if (specs !== this.#specs) return;
    this.#arm([...now.values()]);
    for (const spec of specs) {
      const identity = now.get(spec.name);
      if (identity !== undefined) this.#take(spec, identity, at);
    }
  }

  #arm(identities: readonly Identity[]): void {
    const folders = [...new Set(identities.flatMap(({ folders: some }) => some))].slice(0, MOST_FOLDERS);
    this.#watch.arm(new Map(folders.map((folder) => [folder, { identity: folder, names: null }])));
  }

  #take(spec: AppSpec, { code, sums }: Identity, at: number): void {
    const digest = code.digest ?? '';
    const asked = spec.process.code?.digest ?? '';
    const known = this.#known.get(spec.name) ?? { cleanAt: at, sums };
    const seen = digest === asked ? { cleanAt: at, sums } : known;
    this.#known.set(spec.name, { ...seen, asked, digest });
    if (digest === asked) {
      this.#told.delete(spec.name);
      return;
    }
    const names = differences(known.sums, sums);
    // Of what was removed nothing says when.
    const times = names.flatMap((name) => sums.get(name)?.changedAt ?? []);
    const since = times.length === 0 ? known.cleanAt : Math.min(...times) - this.#epoch();
    this.#mark(spec.name, code.folder, digest, since);
    if (spec.triggers.watch === null && this.#told.get(spec.name) !== digest) {
      this.#told.set(spec.name, digest);
      this.#options.say(changedText(spec.name, names), 'info');
    }
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

function changedText(app: string, names: readonly string[]): string {
  const [first = 'its files', ...others] = names;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${app}: ${first}${more} changed; \`cluster-up up\` or \`cluster-up reload ${app}\` rolls it (\`watch: true\` does by itself, \`ignore_watch\` leaves out what is no code)`;
}
