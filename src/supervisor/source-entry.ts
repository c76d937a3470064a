/** How it stands with one source. */
import type { Preparation } from '../model/preparation.ts';
import type { SourceSpec } from '../model/source.ts';
import type { AppSpec } from '../model/spec.ts';
import type { Release } from '../releases/release.ts';
import { canonicalJson } from '../shared/revision.ts';

/** One source, which several apps may share. */
export interface Entry {
  source: SourceSpec;
  /** The first app that has it, and all of their names. */
  spec: AppSpec;
  names: readonly string[];
  /** What its apps are to run; null where there is none yet. */
  release: Release | null;
  preparation: Preparation | null;
  /** As it was when it was told of last. */
  told: Preparation | null;
  /** The version that could not be prepared; it is tried again by hand alone. */
  failed: string | null;
  readonly abort: AbortController;
  isRunning: boolean;
  isAskedAgain: boolean;
  /** Looks in a row that failed. */
  misses: number;
  timer: NodeJS.Timeout | undefined;
}

/** Somebody has asked meanwhile. */
export function isAskedAgain(entry: Entry): boolean {
  const isAsked = entry.isAskedAgain && !entry.abort.signal.aborted;
  entry.isAskedAgain = false;
  return isAsked;
}

/** What says which release it is: not how often it is looked for, nor how many are kept. */
export function keyOf({ origin, build, user }: SourceSpec): string {
  return canonicalJson({ origin, build, user });
}
