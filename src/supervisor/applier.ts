/** Whatever is asked for, by the file or by hand, is applied here: to the loop, and to all that follows the apps. */
import type { Observed } from '../model/observed.ts';
import type { AppSpec, Desired } from '../model/spec.ts';
import { whoStays } from '../observe/facts/stay.ts';
import { problemOf } from '../observe/report/converged.ts';
import { ownFiles } from '../releases/code-files.ts';
import type { Releases } from '../releases/releases.ts';
import type { LookAtCode } from './code-now.ts';
import { guarded, type Failed } from './guarded.ts';
import type { Intent } from './intents.ts';
import type { AppSources } from './app-sources.ts';
import type { Wanted } from './wanted.ts';

/** Of what something is to be remembered. */
export interface Kept {
  /** The apps of the file, and those that stay for some of them. */
  readonly specs: readonly AppSpec[];
  readonly names: readonly string[];
  /** And those that are on their way out. */
  readonly known: ReadonlySet<string>;
}

export interface ApplierOptions {
  readonly wanted: Wanted;
  readonly observed: () => Observed;
  readonly lookAtCode: LookAtCode;
  readonly releases: Pick<Releases, 'find'>;
  readonly sources: Pick<AppSources, 'follow' | 'ask' | 'retry'>;
  /** Nothing is begun any more. */
  readonly isOver: () => boolean;
  readonly keepOnly: (kept: Kept) => void;
  /** Makes it so. */
  readonly apply: (desired: Desired) => void;
  /** What follows the apps, by what it does; it must not keep them from being run. */
  readonly followers: Readonly<Record<string, (desired: Desired) => void>>;
  readonly failed: Failed;
}

export class Applier {
  readonly #options: ApplierOptions;

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  applyFile(file: Desired): void {
    const { wanted, sources, observed, keepOnly } = this.#options;
    wanted.setFile(file);
    sources.follow(file);
    const { apps } = observed();
    const stays = whoStays(observed(), wanted.with(file));
    const staying = apps.filter(({ name }) => stays.has(name)).map(({ spec }) => spec);
    const names = [...wanted.names, ...stays.keys()];
    const known = new Set([...names, ...apps.map(({ name }) => name)]);
    keepOnly({ specs: [...wanted.specs, ...staying], names, known });
    this.#apply();
  }

  /** Something is known otherwise of what is asked for, and the file is the same. */
  again(): void {
    this.#apply();
  }

  /**
   * The code that is there now is asked for by hand, of these apps or of all.
   *
   * @returns whether it is other code
   * @throws where it cannot be looked at
   */
  async takeCode(apps?: readonly string[]): Promise<boolean> {
    const { wanted, sources, lookAtCode } = this.#options;
    const { file } = wanted;
    if (file === null) return false;
    if (apps !== undefined) sources.retry(apps);
    const specs = file.apps.filter(({ name }) => apps?.includes(name) !== false);
    return wanted.setCode(specs, await lookAtCode(specs, ownFiles(file)));
  }

  /** Why a spec of before could not be started as it was, one clause; null if it could. */
  async whyCodeIsGone(spec: AppSpec): Promise<string | null> {
    const { wanted, releases, lookAtCode } = this.#options;
    const { code } = spec.process;
    if (code === undefined || wanted.file === null) return null;
    if (spec.source !== undefined && code.from === 'source')
      return releases.find(spec.source, code.id) === null ? `release ${code.id} is not kept any more` : null;
    const now = (await lookAtCode([spec], ownFiles(wanted.file))).get(spec.name)?.code;
    if (now === undefined || now.digest === code.digest) return null;
    return `its code is not there any more, as the files in ${code.folder} have changed since`;
  }

  /** Changes what people want of these apps. */
  intend(apps: readonly string[], change: (intent: Intent) => Intent): void {
    for (const app of apps) this.#options.wanted.intend(app, change);
    this.#apply();
  }

  /** What the file asks for is asked for once more, by hand: other code is rolled, and what has failed is tried again. */
  async askAgain(): Promise<void> {
    const { wanted, sources, observed } = this.#options;
    sources.ask();
    const isOther = await this.takeCode();
    const hasFailed = observed().apps.some((app) => problemOf(app) !== null);
    if (hasFailed) wanted.askAgain();
    if (hasFailed || isOther) this.#apply();
  }

  /** Rolls the app, for a cause that is not a person. */
  reload(app: string, cause: string): void {
    const { wanted, failed } = this.#options;
    void this.takeCode([app])
      .catch((error: unknown) => failed(`looking at the code of ${app}`, error))
      .then(() => {
        wanted.reload(app, cause);
        guarded(`reloading ${app}`, failed, () => this.#apply());
      });
  }

  #apply(): void {
    const { wanted, isOver, apply, followers, failed } = this.#options;
    if (wanted.file === null || isOver()) return;
    const desired = wanted.with(wanted.file);
    apply(desired);
    for (const [what, follow] of Object.entries(followers)) guarded(what, failed, () => follow(desired));
  }
}
