/** The lines for people about what happens, for all who listen. */
import type { Line } from '../model/notice.ts';
import { guarded, type Failed } from './guarded.ts';

/** So many lines are held for whoever listens first: the last ones. */
const HELD = 1000;

export class EventLog {
  /** What was said before anybody listened; null once somebody has asked for it. */
  #unheard: Line[] | null = [];
  readonly #listeners = new Set<(line: Line) => void>();
  readonly #failed: Failed;

  /** @param failed told of a listener that throws */
  constructor(failed: Failed) {
    this.#failed = failed;
  }

  say = (line: Line): void => {
    if (this.#listeners.size === 0) this.#hold(line);
    for (const listen of this.#listeners)
      guarded('telling people what happens', this.#failed, () => listen(line));
  };

  /** Calls back for each line until the returned function is called. */
  listen(listener: (line: Line) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What nobody has heard, for the first one who asks: `up -d` listens when the start is under way already. */
  takeUnheard(): readonly Line[] {
    const unheard = this.#unheard ?? [];
    this.#unheard = null;
    return unheard;
  }

  #hold(line: Line): void {
    this.#unheard?.push(line);
    if ((this.#unheard?.length ?? 0) > HELD) this.#unheard?.shift();
  }
}
