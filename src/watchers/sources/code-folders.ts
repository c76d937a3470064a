/** The folders of apps' code, watched: an event only says when to look, and what goes on changing is one for each look. */
import type { Identity } from '../../releases/code-identity.ts';
import type { StartWatch, Watch } from '../file/watch.ts';

/** Folders that are watched, at the most; what changes in others is seen by the next look. */
const MOST = 4096;

export class CodeFolders {
  readonly #start: StartWatch;
  readonly #changed: () => void;
  /** Where the code was when it was last looked at. */
  #folders: readonly string[] = [];
  /** Null as long as there is nothing to watch. */
  #watch: Watch | null = null;
  #isPartly = false;

  constructor(start: StartWatch, changed: () => void) {
    this.#start = start;
    this.#changed = changed;
  }

  /** Not all of them are watched. */
  get isPartly(): boolean {
    return this.#isPartly;
  }

  /** Before they are looked at: a change meanwhile would be told of by nobody. */
  arm(): void {
    if (this.#folders.length > 0) this.#watch ??= this.#open();
    const places = this.#folders.map((folder) => [folder, { identity: folder, names: null }] as const);
    this.#watch?.arm(new Map(places));
  }

  /**
   * From the next time on these.
   *
   * @param left folders that are not watched, since each line of a log would be an event
   * @returns whether there are others than before, which have to be looked at once they are watched
   */
  follow(identities: readonly Identity[], left: ReadonlySet<string>): boolean {
    const all = [...new Set(identities.flatMap(({ folders }) => folders))];
    const folders = all.filter((folder) => !left.has(folder)).slice(0, MOST);
    this.#isPartly = folders.length < all.length;
    const known = new Set(this.#folders);
    this.#folders = folders;
    return folders.length !== known.size || !folders.every((folder) => known.has(folder));
  }

  rest(): void {
    this.#watch?.arm(new Map());
  }

  close(): void {
    this.#watch?.close();
  }

  /** Nothing is lost where it cannot: the next look sees it. */
  #open(): Watch {
    const changed = (): void => {
      this.rest();
      this.#changed();
    };
    return this.#start(changed, () => void (this.#isPartly = true));
  }
}
