/** What a caller says about the machine and about what it wants. */
import type { SourceSpec } from '../../model/source.ts';
import type { Files } from './file-access.ts';

export interface Memory {
  readonly bytes: number;
  /** What sets the limit. */
  readonly of: 'this machine' | 'its cgroup';
}

/** Answers are null where there is none of this name. */
export interface Accounts {
  readonly user: (nameOrNumber: string) => Account | null;
  readonly group: (name: string) => number | null;
}

export interface Account {
  readonly name: string;
  readonly uid: number;
  /** The primary group. */
  readonly gid: number;
  readonly home: string;
}

export interface LoadOptions {
  /** `production` merges `env_production` over `env`. */
  readonly envName?: string;
  /** Only the apps with these names. */
  readonly only?: readonly string[];
  readonly cores: number;
  /** What the machine has, or what its cgroup allows, in bytes; not checked without it. */
  readonly memory?: Memory;
  /** The user who would start the apps; not checked without it. */
  readonly uid?: number;
  /** Users and groups by name or number; names stay unresolved without it. */
  readonly accounts?: Accounts;
  /** What another Node says that it is, such as `v22.1.0`; null if it says nothing of the kind. */
  readonly versionOf?: (node: string) => string | null;
  /** For interpolation and for `PATH`. */
  readonly processEnv: Readonly<Record<string, string | undefined>>;
  /** As `process.version` has it, with or without the `v`. */
  readonly nodeVersion: string;
  /** The absolute folder of the release that an app with this source is to run; null where none is prepared. */
  readonly releaseOf?: (source: SourceSpec) => string | null;
  /** What a missing script, command, interpreter or folder is: CI often validates before the build. */
  readonly missingScript: 'warning' | 'error';
}

export interface ParseOptions extends LoadOptions {
  readonly files: Files;
}
