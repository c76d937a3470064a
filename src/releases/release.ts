/** What a source leads to, and what has been made of it. */

/** What would be run now. */
export interface Revised {
  /** First 8 hex digits of `version`. */
  readonly id: string;
  /** The whole commit, or the SHA-256 of the archive, or of what is in the folder. */
  readonly version: string;
  /** What people call it: the branch, the tag, the name of the archive; null where it has no name. */
  readonly label: string | null;
}

/** A release that can be run. */
export interface Release extends Revised {
  /** Absolute. */
  readonly folder: string;
  /** In ms since the epoch. */
  readonly preparedAt: number;
}

/** @param version in hex */
export function revised(version: string, label: string | null): Revised {
  return { id: version.slice(0, 8), version, label };
}
