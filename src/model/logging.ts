/** Where an app's output goes, as the ecosystem file says it. Durations in ms. */

/** Which files the output goes to, and what its lines look like. A change takes effect without touching workers. */
export interface LogSpec {
  /** Absolute paths; null is none. */
  readonly out: string | null;
  readonly err: string | null;
  /** Both streams. */
  readonly all: string | null;
  /** One file for all workers, even if there are several. */
  readonly merge: boolean;
  /** A JSON object per line. */
  readonly json: boolean;
  /** What stands before each line, in the tokens of Day.js; null is nothing. */
  readonly dateFormat: string | null;
  /** Null: something else rotates the files, or nothing does. */
  readonly rotation: LogRotation | null;
  /** Nothing is written, and nothing is kept for `logs`. */
  readonly disabled: boolean;
}

export interface LogRotation {
  /** In bytes. */
  readonly maxSize: number;
  readonly maxAge: number | null;
  /** Rotated files, besides the one that is written. */
  readonly keep: number;
  readonly compress: boolean;
}
