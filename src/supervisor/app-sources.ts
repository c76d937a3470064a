/**
 * The releases of the apps that have a `source`: looked for, fetched and built beside what runs, which goes on until they
 * are there. Level-triggered: what is asked for is compared with what is there, whenever somebody asks.
 */
import type { Preparation } from '../model/preparation.ts';
import type { SourceSpec } from '../model/source.ts';
import type { AppSpec, Desired } from '../model/spec.ts';
import { count, messageOf } from '../model/text.ts';
import { isFixed, newestOf, releaseText } from '../releases/known-release.ts';
import { ReleaseError } from '../releases/release-error.ts';
import type { Release, Revised } from '../releases/release.ts';
import type { Releases } from '../releases/releases.ts';
import type { Effects } from './effects.ts';
import { loadWith } from './load-with.ts';
import { isAskedAgain, keyOf, type Entry } from './source-entry.ts';

export interface AppSourcesOptions {
  readonly releases: Pick<Releases, 'resolve' | 'prepare' | 'list' | 'prune'>;
  /** What the app's build gets. */
  readonly environmentOf: (spec: AppSpec) => Readonly<Record<string, string>>;
  /** A preparation has begun, has come further, or has failed. */
  readonly changed: () => void;
  /** There is another release: resolves once the file has been read with it. */
  readonly moved: () => Promise<void>;
  readonly say: (text: string, level: 'info' | 'good' | 'bad') => void;
}

/** Whoever is asked in vain is asked again after this long, and twice as long each time, in ms. */
const AGAIN = 5000;
const LATEST = 300_000;
/** A clause of the app. */
const LOOKED_FOR = 'waits for its release, which is looked for';

export class AppSources {
  readonly #options: AppSourcesOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: AppSourcesOptions) {
    this.#options = options;
  }

  /** The file is read with the releases that are there. */
  over(effects: Effects): Effects {
    const load: Effects['load'] = (environment, releaseOf = this.releaseOf.bind(this)) =>
      loadWith(releaseOf, (once) => effects.load(environment, once));
    return { ...effects, load };
  }

  /** The folder that apps with this source are to run in; null where there is none yet. */
  releaseOf(source: SourceSpec): string | null {
    return (this.#entries.get(keyOf(source))?.release ?? this.#newest(source))?.folder ?? null;
  }

  /** Null where what the app runs is what its source leads to. */
  preparationOf({ source }: AppSpec): Preparation | null {
    return source === undefined ? null : (this.#entries.get(keyOf(source))?.preparation ?? null);
  }

  /** From now on the sources of these apps. */
  follow({ apps }: Desired): void {
    const wanted = new Map<string, AppSpec[]>();
    for (const spec of apps) {
      if (spec.source === undefined) continue;
      const key = keyOf(spec.source);
      wanted.set(key, [...(wanted.get(key) ?? []), spec]);
    }
    for (const [key, entry] of this.#entries) if (!wanted.has(key)) this.#drop(key, entry);
    for (const [key, specs] of wanted) this.#take(key, specs);
  }

  /** What the sources lead to is looked for once more, by hand. */
  ask(): void {
    for (const entry of this.#entries.values())
      if (entry.release === null || entry.preparation !== null || !isFixed(entry.source))
        void this.#look(entry, false);
  }

  /** What failed for one of these apps is tried once more, by hand. */
  retry(apps: readonly string[]): void {
    for (const entry of this.#entries.values())
      if (entry.preparation?.state === 'failed' && entry.names.some((name) => apps.includes(name)))
        void this.#look(entry, false);
  }

  /** Removes what nobody needs. @param folders that are in use */
  async prune(folders: ReadonlySet<string>): Promise<void> {
    const entries = [...this.#entries.values()];
    // What is being made is not known to be needed yet.
    if (entries.some(({ preparation }) => preparation !== null)) return;
    const sources = entries.map(({ source }) => source);
    const removed = await this.#options.releases.prune(sources, ({ folder }) => folders.has(folder));
    if (removed.length > 0) this.#options.say(`removed ${count(removed.length, 'old release')}`, 'info');
  }

  close(): void {
    for (const [key, entry] of this.#entries) this.#drop(key, entry);
  }

  #newest(source: SourceSpec): Release | null {
    return newestOf(source, this.#options.releases.list(source));
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    clearTimeout(entry.timer);
    entry.abort.abort();
  }

  #take(key: string, specs: readonly AppSpec[]): void {
    const [spec] = specs;
    if (spec?.source === undefined) return;
    const { source } = spec;
    const names = specs.map(({ name }) => name);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      const isOther = known.source.poll !== source.poll;
      Object.assign(known, { source, spec, names });
      if (isOther && !known.isRunning) this.#schedule(known);
      return;
    }
    const release = this.#newest(source);
    const entry: Entry = {
      ...{
        source,
        spec,
        names,
        release,
        preparation: null,
        told: null,
        failed: null,
        abort: new AbortController(),
      },
      ...{ isRunning: false, isAskedAgain: false, misses: 0, timer: undefined },
    };
    this.#entries.set(key, entry);
    // Where the file was read before anybody knew of the release that is there.
    const isBehind = release !== null && specs.some(({ unprepared }) => unprepared === true);
    if (release === null || isBehind || !isFixed(source)) void this.#begin(entry, isBehind);
  }

  async #begin(entry: Entry, isBehind: boolean): Promise<void> {
    this.#prepares(entry, LOOKED_FOR);
    // What is there runs, whatever comes of the look.
    if (isBehind) await this.#options.moved();
    await this.#look(entry, false);
  }

  /** @param isPolled nobody has asked for it */
  async #look(entry: Entry, isPolled: boolean): Promise<void> {
    if (entry.isRunning) {
      if (isPolled) return;
      entry.isAskedAgain = true;
      // Whoever waits has to wait for that look, too.
      this.#prepares(entry, LOOKED_FOR);
      return;
    }
    entry.isRunning = true;
    clearTimeout(entry.timer);
    try {
      await this.#once(entry, isPolled);
      while (isAskedAgain(entry)) await this.#once(entry, false);
    } finally {
      entry.isRunning = false;
    }
    if (entry.abort.signal.aborted) return;
    this.#schedule(entry);
    this.#tell(entry);
  }

  async #once(entry: Entry, isPolled: boolean): Promise<void> {
    const { signal } = entry.abort;
    let asked: Revised | null = null;
    if (!isPolled) {
      entry.failed = null;
      this.#prepares(entry, LOOKED_FOR);
    }
    try {
      asked = await this.#options.releases.resolve(entry.source, signal);
      entry.misses = 0;
      if (isPolled && entry.failed === asked.version) return;
      if (entry.release?.version !== asked.version) await this.#prepare(entry, asked);
      // Whoever waits has to wait until it is asked for.
      if (!signal.aborted && entry.preparation !== null) await this.#options.moved();
      if (!entry.isAskedAgain) entry.preparation = null;
      entry.failed = null;
    } catch (error) {
      if (!signal.aborted) this.#failed(entry, asked, error, isPolled);
    }
  }

  #prepares(entry: Entry, message: string): void {
    entry.preparation = { state: 'preparing', message };
    this.#tell(entry);
  }

  /** A look that changes nothing is nobody's business. */
  #tell(entry: Entry): void {
    if (entry.told === entry.preparation) return;
    entry.told = entry.preparation;
    this.#options.changed();
  }

  async #prepare(entry: Entry, asked: Revised): Promise<void> {
    const { releases, environmentOf, say } = this.#options;
    const names = entry.names.join(', ');
    const text = releaseText(asked);
    this.#prepares(
      entry,
      `waits for release ${text}, which is fetched${entry.source.build.length > 0 ? ' and built' : ''}`,
    );
    say(`${names}: preparing release ${text}`, 'info');
    const began = performance.now();
    entry.release = await releases.prepare(entry.source, asked, {
      env: environmentOf(entry.spec),
      log: (line) => say(`${names}: ${line}`, 'info'),
      signal: entry.abort.signal,
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    say(`${names}: release ${text} is ready (${seconds} s)`, 'good');
  }

  #failed(entry: Entry, asked: Revised | null, error: unknown, isPolled: boolean): void {
    const { say } = this.#options;
    const { release, names } = entry;
    const goesOn = release === null ? '' : ` It goes on with ${releaseText(release)}.`;
    const message = `${messageOf(error)}${goesOn}`;
    const last = error instanceof ReleaseError ? error.last : [];
    entry.failed = asked?.version ?? entry.failed;
    entry.misses += asked === null ? 1 : 0;
    // Told once of many looks that nobody has asked for.
    if (!isPolled || asked !== null || entry.misses === 1) say(`${names.join(', ')}: ${message}`, 'bad');
    if ((!isPolled || asked !== null) && !entry.isAskedAgain)
      entry.preparation = { state: 'failed', message: `could not be prepared: ${message}`, last };
  }

  #schedule(entry: Entry): void {
    clearTimeout(entry.timer);
    const { poll } = entry.source;
    const again = entry.misses === 0 ? null : Math.min(LATEST, AGAIN * 2 ** (entry.misses - 1));
    const delay = again ?? poll;
    if (delay === null) return;
    // What is asked for and was not found is still asked for.
    const isPolled = entry.preparation === null || entry.failed !== null;
    entry.timer = setTimeout(() => void this.#look(entry, isPolled), delay).unref();
  }
}
