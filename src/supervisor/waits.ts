/** What apps wait for before they start, or before they leave: said once, and again when there is more to say. */
import type { Notice } from '../model/notice.ts';
import type { Observed, ObservedApp } from '../model/observed.ts';
import { waitOf, waitText } from '../observe/facts/depends.ts';
import { stayText } from '../observe/facts/stay.ts';

/** One clause; null if for nothing. */
export function waitsFor(app: ObservedApp, observed: Observed, now: number): string | null {
  const wait = waitOf(app, observed, now);
  return wait === null ? stayText(app, observed, now) : waitText(wait, observed, now);
}

export class Waits {
  readonly #notify: (notice: Extract<Notice, { type: 'waits' }>) => void;
  #said: ReadonlyMap<string, string> = new Map();

  constructor(notify: (notice: Extract<Notice, { type: 'waits' }>) => void) {
    this.#notify = notify;
  }

  look(observed: Observed, now: number): void {
    const waits = new Map<string, string>();
    for (const app of observed.apps) {
      const reason = waitsFor(app, observed, now);
      if (reason === null) continue;
      waits.set(app.name, reason);
      if (this.#said.get(app.name) !== reason) this.#notify({ type: 'waits', app: app.name, reason });
    }
    this.#said = waits;
  }
}
