/** The lines for people about what happens, for all who listen. */
import type { Line } from '../model/notice.ts';
import { guarded, type Failed } from './guarded.ts';

export class EventLog {
  readonly #listeners = new Set<(line: Line) => void>();
  readonly #failed: Failed;

  /** @param failed told of a listener that throws */
  constructor(failed: Failed) {
    this.#failed = failed;
  }

  say = (line: Line): void => {
    for (const listen of this.#listeners)
      guarded('telling people what happens', this.#failed, () => listen(line));
  };

  /** Calls back for each line until the returned function is called. */
  listen(listener: (line: Line) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
