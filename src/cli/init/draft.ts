/** An app as it is going to be written. */

export interface Draft {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  /** Null lets the script's extension decide. */
  readonly interpreter: string | null;
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
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
