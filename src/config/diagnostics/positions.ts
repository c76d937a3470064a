/** Offsets to lines and columns. */
import type { Position } from '../../model/diagnostic.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Answers where an offset is; built once per text. */
export class Lines {
  readonly #starts: readonly number[];
  readonly #length: number;

  constructor(text: string) {
    const starts = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#starts = starts;
    this.#length = text.length;
  }

  at(offset: number): Position {
    const bounded = Math.max(0, Math.min(offset, this.#length));
    const line = this.line(bounded);
    return { line, column: bounded - (this.#starts[line - 1] ?? 0) + 1, offset: bounded };
  }

  /** 1-based. */
  line(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }
}
