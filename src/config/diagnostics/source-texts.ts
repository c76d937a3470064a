/**
 * The texts that make up one ecosystem, laid end to end: a file that is included begins where the one before it ended.
 * So a span is two numbers wherever it points, and only a report asks which file they are in.
 */
import type { Position } from '../../model/diagnostic.ts';
import { Lines } from './positions.ts';

interface Source {
  readonly file: string;
  readonly base: number;
  readonly lines: Lines;
}

export class Sources {
  readonly #sources: Source[] = [];
  #length = 0;

  /** Adds a text; answers where it begins. */
  add(file: string, text: string): number {
    const base = this.#length;
    this.#sources.push({ file, base, lines: new Lines(text) });
    // One more, so that the end of a text is not the beginning of the next.
    this.#length += text.length + 1;
    return base;
  }

  /** 1-based line of an offset in the first text; null if it is in another one. */
  mainLine(offset: number): number | null {
    const [main, next] = this.#sources;
    if (main === undefined || (next !== undefined && offset >= next.base)) return null;
    return main.lines.line(offset);
  }

  /** The file that an offset is in, and where in it. */
  at(offset: number): { readonly file: string; readonly base: number; readonly position: Position } {
    const source = this.#sources.findLast(({ base }) => base <= offset) ?? this.#sources[0];
    if (source === undefined) throw new Error('no source');
    return { file: source.file, base: source.base, position: source.lines.at(offset - source.base) };
  }
}
