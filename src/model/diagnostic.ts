/** A problem in an ecosystem file, with the place that a person must change. */

/** 1-based line and column, 0-based offset; columns count UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

export interface Diagnostic {
  /** Stable, from the closed table in src/config/diagnostics/codes.ts: `CU1203`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** One plain sentence. */
  readonly message: string;
  /** What to do about it, or null. */
  readonly hint: string | null;
  readonly file: string;
  readonly start: Position;
  readonly end: Position;
}
