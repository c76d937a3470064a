/** Collects diagnostics: nothing in this layer throws for a user's mistake. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { CODES } from './codes.ts';
import type { Code } from './codes.ts';
import { Lines } from './lines.ts';
import type { Span } from './lines.ts';

const MAX_MESSAGE = 400;

export class Problems {
  readonly #file: string;
  readonly #lines: Lines;
  readonly #found: Diagnostic[] = [];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#lines = new Lines(text);
  }

  add(
    code: Code,
    span: Span,
    message: string,
    hint: string | null = null,
    severity: Diagnostic['severity'] = CODES[code].severity,
  ): void {
    const [start, end] = [this.#lines.at(span.start), this.#lines.at(span.end)];
    // A name in a message may be a megabyte long.
    const bounded = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
    this.#found.push({ code, severity, message: bounded, hint, file: this.#file, start, end });
  }

  /** 1-based line of an offset, for messages that name a second place. */
  line(offset: number): number {
    return this.#lines.at(offset).line;
  }

  get failed(): boolean {
    return this.#found.some(({ severity }) => severity === 'error');
  }

  /** In the order of the text; one place is told the same thing once, however many aliases lead to it. */
  sorted(): readonly Diagnostic[] {
    const unique = new Map(this.#found.map((found) => [`${found.start.offset}:${found.message}`, found]));
    return [...unique.values()].sort((a, b) => a.start.offset - b.start.offset || (a.code < b.code ? -1 : 1));
  }
}
