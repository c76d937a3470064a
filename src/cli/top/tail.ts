/** The last lines of the apps' output. Bounded: a quiet app's lines are not pushed out by a chatty one's. */
import type { LogLine } from '../../model/control.ts';

/** Of each app. */
const MAX_LINES = 100;
/** UTF-16 code units of a line; no terminal shows more. */
const MAX_LENGTH = 1000;

export class Tail {
  readonly #lines = new Map<string, LogLine[]>();

  add(line: LogLine): void {
    const lines = this.#lines.get(line.app) ?? [];
    lines.push(line.text.length > MAX_LENGTH ? { ...line, text: line.text.slice(0, MAX_LENGTH) } : line);
    if (lines.length > MAX_LINES) lines.shift();
    this.#lines.set(line.app, lines);
  }

  /** Oldest first; of one app, or of all in the order they were written, as far as a millisecond tells. */
  last(app: string | null, count: number): LogLine[] {
    const lines = app === null ? [...this.#lines.values()].flat() : [...(this.#lines.get(app) ?? [])];
    return lines.sort((a, b) => a.at - b.at).slice(-count);
  }

  /** Forgets apps that are gone. */
  keepOnly(apps: readonly string[]): void {
    for (const app of this.#lines.keys()) if (!apps.includes(app)) this.#lines.delete(app);
  }
}
