/** Which code an app has now: where its link leads, and what its files contain. */
import type { Code } from '../model/code.ts';
import type { AppSpec } from '../model/spec.ts';
import { identityIn } from '../files/stamp.ts';
import { isFolder, stampsOf } from '../files/walk.ts';
import { codeFiles, codePlace, withReal, type Coded, type CodePlace } from './code-files.ts';
import { Digester, type Sums } from './digest.ts';
import { EarlierContents } from './earlier-contents.ts';

/** Files and folders of one app. What has more holds data: only its script is looked at then. */
const MOST = 20_000;
/** Places whose sums are kept, so that what has not changed is not read again. */
const MOST_PLACES = 200;
/** Names that are kept of files that cluster-up reads, or has read. */
const MOST_OWN = 10_000;

export interface Identity {
  readonly code: Code;
  /** Of each file, by its path relative to the folder. */
  readonly sums: Sums;
  /** Those that were looked into, absolute. */
  readonly folders: readonly string[];
  /** There are too many files: only the script was looked at. */
  readonly isCut: boolean;
}

type Contents = Pick<Identity, 'sums' | 'folders' | 'isCut'> & { readonly digest: string };

export class Identities {
  readonly #places = new Map<string, { digester: Digester; earlier: EarlierContents }>();
  /** What was no code until now does not become some, as an `env_file` that is named no more. */
  #own: ReadonlySet<string> = new Set();
  readonly #most: number;
  readonly #written: ReadonlySet<string>;

  /** @param written who the files are that are written to all the time, such as our own output: they are no code */
  constructor(most: number = MOST, written: ReadonlySet<string> = new Set()) {
    this.#most = most;
    this.#written = written;
  }

  /**
   * Apps that share their files are looked at once.
   *
   * @param own files that cluster-up reads itself, and folders of its own, which end with a `/`: they are no code
   * @throws where the files cannot be looked at, as for want of descriptors
   */
  async of(specs: readonly AppSpec[], own: readonly string[]): Promise<ReadonlyMap<string, Identity>> {
    const looks = new Map<string, Promise<Contents>>();
    const left = [...this.#own, ...(await withReal(own))].slice(-MOST_OWN);
    this.#own = new Set(left);
    const all = specs.map(async (spec): Promise<[string, Identity]> => {
      const { code } = spec.process;
      // Nobody changes a release, and who does is not followed.
      if (code?.from === 'source') return [spec.name, { code, sums: new Map(), folders: [], isCut: false }];
      const place = codePlace(spec);
      // Where there are too many files, the script is all that is looked at.
      const key = JSON.stringify([place, spec.process.script]);
      const look = looks.get(key) ?? this.#look(key, place, spec, left);
      looks.set(key, look);
      const { digest, ...rest } = await look;
      const files = { id: digest.slice(0, 8), from: 'files', folder: place.root, digest } as const;
      return [spec.name, { ...rest, code: code?.from === 'link' ? { ...code, digest } : files }];
    });
    return new Map(await Promise.all(all));
  }

  async #look(key: string, place: CodePlace, spec: Coded, own: readonly string[]): Promise<Contents> {
    const { digester, earlier } = this.#place(key);
    const all = await codeFiles(place, own, this.#most);
    const stamps = all ?? (await stampsOf({ roots: [spec.process.script], isIgnored: () => false, most: 1 }));
    for (const [name, stamp] of stamps) if (this.#written.has(identityIn(stamp))) stamps.delete(name);
    const folders = [...stamps].filter(([, stamp]) => isFolder(stamp)).map(([name]) => name);
    const contents = await digester.digest(stamps, place.root);
    const digest = earlier.digestOf(contents, place.root, own);
    return { ...contents, digest, folders, isCut: all === null };
  }

  #place(key: string): { digester: Digester; earlier: EarlierContents } {
    const known = this.#places.get(key) ?? { digester: new Digester(), earlier: new EarlierContents() };
    // The latest are the last.
    this.#places.delete(key);
    this.#places.set(key, known);
    const [oldest] = this.#places.keys();
    if (this.#places.size > MOST_PLACES && oldest !== undefined) this.#places.delete(oldest);
    return known;
  }
}
