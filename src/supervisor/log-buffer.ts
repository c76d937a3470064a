/** The last lines of each app's output, for `logs`. Bounded: what is older than the bounds is forgotten. */
import type { LogLine } from '../model/control.ts';
import { asText } from '../model/raw-bytes.ts';
import type { Launch } from '../workers/handle.ts';

/** Of each app. */
const MAX_LINES = 1000;
/** UTF-16 code units, of each app. */
const MAX_LENGTH = 512 * 1024;

/** A line, and where it stands among those of all apps, whatever is done to the clock. */
interface Kept {
  readonly line: LogLine;
  readonly order: number;
}

interface Ring {
  readonly lines: Kept[];
  length: number;
}

export class LogBuffer {
  readonly #rings = new Map<string, Ring>();
  #written = 0;
  readonly #followers = new Set<(line: LogLine) => void>();

  /** @param keep false: only who follows sees them */
  add({ spec, slot }: Launch, stream: 'out' | 'err', lines: readonly string[], keep = true): void {
    const ring = this.#rings.get(spec.name) ?? { lines: [], length: 0 };
    this.#rings.set(spec.name, ring);
    const at = Date.now();
    for (const text of lines) {
      const line: LogLine = { at, app: spec.name, slot, stream, text: asText(text) };
      if (keep) ring.lines.push({ line, order: this.#written++ });
      if (keep) ring.length += text.length;
      for (const follower of this.#followers) follower(line);
    }
    trim(ring);
  }

  /** Oldest first; of all apps in the order they were written. */
  last(count: number, wanted: (line: LogLine) => boolean): LogLine[] {
    if (count === 0) return [];
    const all = [...this.#rings.values()].flatMap(({ lines }) => lines.filter(({ line }) => wanted(line)));
    return all
      .sort((a, b) => a.order - b.order)
      .slice(-count)
      .map(({ line }) => line);
  }

  /** Calls back for each new line until the returned function is called. */
  follow(follower: (line: LogLine) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Whether it has anything of the app, which may have left the file. */
  has(app: string): boolean {
    return this.#rings.has(app);
  }

  /** Forgets apps that are neither wanted nor running. */
  keepOnly(apps: ReadonlySet<string>): void {
    for (const app of this.#rings.keys()) if (!apps.has(app)) this.#rings.delete(app);
  }
}

/** Drops a quarter at a time: taking single lines off the front of a long array is slow. */
function trim(ring: Ring): void {
  while (ring.lines.length > MAX_LINES || ring.length > MAX_LENGTH) {
    const dropped = ring.lines.splice(0, Math.max(1, Math.floor(ring.lines.length / 4)));
    for (const { line } of dropped) ring.length -= line.text.length;
  }
}
