/** What is asked for: the file as it was applied last, and on top of it what people asked for by hand. */
import type { Code } from '../model/code.ts';
import type { AppSpec, Desired } from '../model/spec.ts';
import type { Observed } from '../model/observed.ts';
import type { Preparation } from '../model/preparation.ts';
import { keepingCode, withCodeOf } from '../releases/with-code.ts';
import { withReleases, type Runnable } from './with-releases.ts';
import { NO_INTENT, withIntents, type Intent, type Intents } from './intents.ts';

export class Wanted {
  readonly #first: Desired;
  readonly #intents = new Map<string, Intent>();
  readonly #preparationOf: (spec: AppSpec) => Preparation | null;
  readonly #observed: () => Observed;
  #file: Desired | null = null;
  #pending: readonly AppSpec[] = [];
  #edition = 0;

  /**
   * @param first the file as it was read before anything ran
   * @param preparationOf how it stands with the release of an app that has a `source`
   */
  constructor(
    first: Desired,
    preparationOf: (spec: AppSpec) => Preparation | null = () => null,
    observed: () => Observed = () => ({ apps: [] }),
  ) {
    this.#first = first;
    this.#preparationOf = preparationOf;
    this.#observed = observed;
  }

  /** The file as it was applied last, without intents; null before that. */
  get file(): Desired | null {
    return this.#file;
  }

  /** Apps of the file that cannot be run, since their release is not there. */
  get pending(): readonly AppSpec[] {
    return this.#pending;
  }

  /** The apps of the file that can be run, in its order; those of the first one where none has been applied yet. */
  get specs(): readonly AppSpec[] {
    return (this.#file ?? this.#first).apps;
  }

  /** And those that wait for their release. */
  get all(): readonly AppSpec[] {
    return [...this.specs, ...this.#pending];
  }

  get names(): readonly string[] {
    return this.all.map(({ name }) => name);
  }

  get generation(): string {
    return this.#file?.generation ?? '';
  }

  /** Differs with all that a plan depends on but the content of the file. */
  get edition(): string {
    return `${this.generation} ${this.#edition}`;
  }

  /**
   * `file` is what is asked for from now on; of the code that is there where its process is another one. How somebody
   * wanted another content to be rolled is forgotten: once it comes back, as by an edit that is undone or an environment
   * as before, nobody has asked for a restart of it.
   */
  setFile(file: Desired): void {
    for (const [app, intent] of this.#intents)
      if (intent.asked?.generation !== file.generation) this.#intents.set(app, { ...intent, asked: null });
    const { apps, pending } = this.#runnable(file);
    const before = new Map(this.#file?.apps.map((spec) => [spec.name, spec]));
    this.#file = { ...file, apps: apps.map((spec) => keepingCode(spec, before.get(spec.name))) };
    this.#pending = pending;
  }

  /**
   * Of one that is asked for otherwise since `asked`, the code is known already.
   *
   * @returns whether anything else is asked for by it
   */
  setCode(asked: readonly AppSpec[], now: ReadonlyMap<string, { readonly code: Code }>): boolean {
    if (this.#file === null) return false;
    const still = new Set(asked);
    const { apps } = this.#file;
    const next = apps.map((spec) => (still.has(spec) ? withCodeOf(spec, now) : spec));
    this.#file = { ...this.#file, apps: next };
    return next.some((spec, at) => spec !== apps[at]);
  }

  get intents(): Intents {
    return this.#intents;
  }

  /** What was asked for by hand of a supervisor that died is asked for on. */
  resume(intents: Intents): void {
    for (const [app, intent] of intents) this.#intents.set(app, intent);
  }

  /** Nothing is remembered of other apps. */
  keepOnly(apps: readonly string[]): void {
    for (const app of this.#intents.keys()) if (!apps.includes(app)) this.#intents.delete(app);
  }

  /** Changes what people want of an app; that gives what has failed another chance. */
  intend(app: string, change: (intent: Intent) => Intent): void {
    this.#intents.set(app, change(this.#intents.get(app) ?? NO_INTENT));
    this.#edition += 1;
  }

  /** What has failed gets another chance. */
  askAgain(): void {
    this.#edition += 1;
  }

  /** As by hand, but for the edition: no other app's failed revision gets another chance by it. */
  reload(app: string, cause: string): void {
    const before = this.#intents.get(app) ?? NO_INTENT;
    const asked = { what: 'reload', generation: this.generation, cause } as const;
    this.#intents.set(app, { ...before, reloads: before.reloads + 1, asked });
  }

  #runnable(file: Desired): Runnable {
    return withReleases(file, this.#file?.apps ?? [], this.#observed());
  }

  #preparations(specs: readonly AppSpec[]): ReadonlyMap<string, Preparation> {
    return new Map(
      specs.flatMap((spec): [string, Preparation][] => {
        const preparation = this.#preparationOf(spec);
        return preparation === null ? [] : [[spec.name, preparation]];
      }),
    );
  }

  /** What is to be planned for, were this the file. */
  with(file: Desired): Desired {
    const { apps, pending } = this.#runnable(file);
    const missing = file === this.#file ? this.#pending : pending;
    const preparations = this.#preparations([...apps, ...missing]);
    const asked = preparations.size === 0 ? { ...file, apps } : { ...file, apps, preparations };
    return withIntents(asked, this.#intents, this.#edition);
  }
}

/** What is asked for at the end. */
export function nothingOf({ file, orphanTimeout }: Desired): Desired {
  return { file, generation: 'shutdown', apps: [], orphanTimeout, because: 'shutting down' };
}
