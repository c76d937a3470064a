/** Where code comes from, as the ecosystem file says it: durations in ms, paths absolute. */
import type { ProcessUser } from './user.ts';

/** Where an app's code comes from. It is fetched and built once per release, in a folder of its own. */
export interface SourceSpec {
  readonly origin: SourceOrigin;
  /** Lines for the shell, in the folder of the release. */
  readonly build: readonly string[];
  /** How long all of `build` may take. */
  readonly buildTimeout: number;
  /** How often `ref` is asked for, in ms; null is only when there is a reason to. */
  readonly poll: number | null;
  /** How many releases are kept, besides those in use. */
  readonly keep: number;
  /** Whose the release is, and who builds it. */
  readonly user: ProcessUser | null;
}

/** Paths are absolute. A `ref` is the name of a branch or tag, whole or not, or a commit; null is the remote's HEAD. */
export type SourceOrigin =
  | { readonly kind: 'git'; readonly address: string; readonly ref: string | null }
  /** A path or an https address, and the SHA-256 of what is there, in lower case. */
  | { readonly kind: 'archive'; readonly address: string; readonly sha256: string }
  | { readonly kind: 'folder'; readonly path: string };

/** Stands for the folder of a release that is not there: nothing can be below a file. */
export const NOWHERE = '/dev/null/release';
