/** Collects diagnostics: nothing in this layer throws for a user's mistake. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import { CODES } from './codes.ts';
import type { Code } from './codes.ts';
import type { Span } from './positions.ts';
import { Sources } from './source-texts.ts';

const MAX_MESSAGE = 400;

/** An alias to nothing, and a key that is none. */
const MISREAD: ReadonlySet<Code> = new Set(['CU1106', 'CU1111']);

interface Found {
  readonly diagnostic: Diagnostic;
  readonly offset: number;
}

export class Problems {
  readonly sources: Sources = new Sources();
  readonly #found: Found[] = [];
  #failed = false;

  /** `file` is the ecosystem file itself. */
  constructor(file: string, text: string) {
    this.sources.add(file, text);
  }

  add(
    code: Code,
    span: Span,
    message: string,
    hint: string | null = null,
    severity: Diagnostic['severity'] = CODES[code].severity,
  ): void {
    const { file, base, position: start } = this.sources.at(span.start);
    const after = this.sources.at(span.end);
    const end = after.base === base ? after.position : start;
    // A name in a message may be a megabyte long.
    const bounded = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
    this.#found.push({
      diagnostic: { code, severity, message: bounded, hint, file, start, end },
      offset: span.start,
    });
    this.#failed ||= severity === 'error';
  }

  /** 1-based line of an offset, for messages that name a second place. */
  line(offset: number): number {
    return this.sources.at(offset).position.line;
  }

  /** `line 3`, or `line 3 of ./base.yml` where that is another file than the one of `from`. */
  place(offset: number, from: number): string {
    const [there, here] = [this.sources.at(offset), this.sources.at(from)];
    return `line ${there.position.line}${there.file === here.file ? '' : ` of ${there.file}`}`;
  }

  /** 1-based line of an offset in the ecosystem file itself; null if it is in another file. */
  mainLine(offset: number): number | null {
    return this.sources.mainLine(offset);
  }

  /** Whether a mistake of the YAML in a file may have made something else of what stands in it. */
  mayBeMisread(file: string): boolean {
    return this.#found.some(
      ({ diagnostic }) => diagnostic.file === file && MISREAD.has(diagnostic.code as Code),
    );
  }

  /** How many there are so far. */
  get count(): number {
    return this.#found.length;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** In the order of the text; one place is told the same thing once, however many aliases lead to it. */
  sorted(): readonly Diagnostic[] {
    const unique = new Map(
      this.#found.map((found) => [`${found.offset}:${found.diagnostic.message}`, found] as const),
    );
    return [...unique.values()]
      .sort((a, b) => a.offset - b.offset || (a.diagnostic.code < b.diagnostic.code ? -1 : 1))
      .map(({ diagnostic }) => diagnostic);
  }
}
