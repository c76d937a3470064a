/** How far a watch goes: into no folder that is reached through a link, unless it is named, and not beyond a bound. */
import { lstatSync, type Stats } from 'node:fs';

export interface ReachOptions {
  /** Absolute; these are followed, links or not. */
  readonly roots: readonly string[];
  /** Files and folders in all. */
  readonly most: number;
  /** There are more; called once. */
  readonly exceeded: () => void;
}

export class Reach {
  readonly #options: ReachOptions;
  readonly #roots: ReadonlySet<string>;
  readonly #within = new Set<string>();
  #isExceeded = false;

  constructor(options: ReachOptions) {
    this.#options = options;
    this.#roots = new Set(options.roots);
  }

  /**
   * Whether it is left out. A link to a folder may lead back, so that paths without end lead through it, or to all that
   * there is on the machine.
   *
   * @param stats of the name, or of what it leads to
   */
  excludes(name: string, stats: Stats): boolean {
    // Known or not: a link is asked about as such first, and then as what it leads to.
    if (stats.isDirectory() && !this.#roots.has(name) && isLink(name)) return true;
    if (this.#within.has(name)) return false;
    if (this.#within.size < this.#options.most) {
      this.#within.add(name);
      return false;
    }
    if (!this.#isExceeded) this.#options.exceeded();
    this.#isExceeded = true;
    return true;
  }

  gone(name: string): void {
    this.#within.delete(name);
  }
}

function isLink(name: string): boolean {
  try {
    return lstatSync(name).isSymbolicLink();
  } catch {
    // It has gone meanwhile.
    return true;
  }
}
