/** An app as it is going to be written. */
import type { Started } from '../../config/resolve/command-line.ts';

export interface Draft extends Omit<Started, 'byNode'> {
  readonly name: string;
  /** Node runs it and it listens, so that several workers can share its sockets. */
  readonly serves: boolean;
}

/** What was found in a folder. */
export interface Findings {
  readonly drafts: readonly Draft[];
  /** Where they come from, for a sentence: `the start script of package.json`. */
  readonly source: string;
  /** What a person should know besides, one sentence each. */
  readonly notes: readonly string[];
}
