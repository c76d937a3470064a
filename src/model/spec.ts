/**
 * What the ecosystem file asks for, after every alias, default and unit has been resolved.
 * All durations are milliseconds. All values are frozen.
 */

import type { Code } from './code.ts';
import type { Inherited } from './inherited.ts';
import type { LogSpec } from './logging.ts';
import type { Preparation } from './preparation.ts';
import type { SourceSpec } from './source.ts';
import type { ProcessUser } from './user.ts';

/** What commands call all apps of a file. */
export const EVERY_APP = 'all';

/** `cluster`: forked by node:cluster, sockets are shared. `fork`: any program, started on its own. */
export type Mode = 'cluster' | 'fork';

/** Who accepts connections; `auto` is `least-connections`. See docs/balance.md. */
export type Balance = 'auto' | 'shared' | 'least-connections' | 'kernel' | 'round-robin' | 'sticky';

/** What makes a worker ready. `auto` is resolved by the plan: see src/observe/facts/readiness.ts. `http` is a path. */
export type Ready = 'auto' | 'listening' | 'message' | 'started' | { readonly http: string };

/** What a process is made of. A change to any of it is a new revision. */
export interface ProcessSpec {
  /** Missing where nobody has looked, and nothing leads through a link. */
  readonly code?: Code;
  readonly mode: Mode;
  /** Absolute path of the script or program; with `shell`, the command line itself. */
  readonly script: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** What the file sets, over the supervisor's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The program that runs `script`; null runs `script` itself. In cluster mode `node` (ours) or the path of another one. */
  readonly interpreter: string | null;
  /** Options for the interpreter, before the script. */
  readonly interpreterArgs: readonly string[];
  /** `script` is a command line for the shell. */
  readonly shell: boolean;
  /** The variable that holds the slot; NODE_APP_INSTANCE unless `instance_var` names another. */
  readonly instanceVar: string;
  /** A variable of `env` that is raised by the slot's number (PM2's `increment_var`), or null. */
  readonly incrementVar: string | null;
  readonly balance: Balance;
  /** Whom it runs as; null is whoever runs the supervisor. */
  readonly user: ProcessUser | null;
  readonly filterEnv: FilterEnv;
  /** Of an environment that was brought later; missing where the supervisor's own is all that it inherits. */
  readonly inherited?: Inherited;
}

/**
 * What a process does not get of the supervisor's own environment: all of it, the variable of one name, or those whose
 * name contains one of the texts (none if empty). What the file sets is never filtered.
 */
export type FilterEnv = true | string | readonly string[];

/** How a new revision takes over. */
export interface RolloutSpec {
  /** Workers allowed above `instances` while rolling; a count, percentages are already resolved (rounded up). */
  readonly maxSurge: number;
  /** Workers that may be missing below `instances` while rolling (rounded down). Never 0 together with `maxSurge`. */
  readonly maxUnavailable: number;
  /** How long a worker must have been ready before it counts as available. */
  readonly minReady: number;
  /** How long a rollout may go without progress before it has failed. */
  readonly deadline: number;
  /** `rollback`: return to the stable revision. `pause`: leave what runs as it is and wait for the next edit. */
  readonly onFailure: 'rollback' | 'pause';
  /** Slots, from 0, that get a new revision before the others; a count, a share is already resolved. 0 is none. */
  readonly canary: number;
  /** How long the canaries must have been available before the others follow. */
  readonly canaryPause: number;
}

/** How one worker is ended. */
export interface StopSpec {
  /** How long requests in flight may take. */
  readonly drainTimeout: number;
  /** From the signal to SIGKILL. */
  readonly killTimeout: number;
  readonly killSignal: NodeJS.Signals;
  /** Send `'shutdown'` over IPC instead of the signal (`shutdown_with_message`). */
  readonly message: boolean;
}

/** What happens after an exit that nobody asked for. */
export interface RestartSpec {
  readonly auto: boolean;
  /** With one of these exit codes a worker counts as done. */
  readonly stopExitCodes: readonly number[];
  /** A worker that exits earlier than this after becoming ready had an unstable start. */
  readonly minUptime: number;
  /** So many unstable exits within a window give a slot up until the file changes; null is never. See src/observe/facts/budget.ts. */
  readonly maxRestarts: number | null;
  /** Fixed delay before each restart; 0 is none, and backoff takes its place. */
  readonly delay: number;
  /** First step of the exponential backoff, which doubles up to `MAX_BACKOFF`; see src/observe/facts/backoff.ts. */
  readonly backoff: number;
}

/** Backoff never waits longer than this. */
export const MAX_BACKOFF = 30_000;

/** What replaces workers besides edits and people. Each of it is live: no part of the revision. */
export interface TriggersSpec {
  /** Bytes above which a worker is replaced; null is no limit. */
  readonly maxMemory: number | null;
  /** When a worker is replaced that serves badly; null where nobody asks. */
  readonly health: HealthSpec | null;
  /** How long the event loop of a worker may be blocked, in ms; null is for ever. */
  readonly loopTimeout: number | null;
  /** When the app is rolled. */
  readonly cron: CronSpec | null;
  /** Whose changes roll the app. */
  readonly watch: WatchSpec | null;
  /** What `ignore_watch` names: it is no code either, watched or not. Missing where it names nothing. */
  readonly ignored?: readonly string[];
}
export interface HealthSpec {
  /** A path that must answer with a status from 200 to 399. */
  readonly http: string;
  /** From one probe to the next, in ms. */
  readonly interval: number;
  /** For one probe, in ms. */
  readonly timeout: number;
  /** So many failed probes in a row make a worker failed. */
  readonly failures: number;
}
export interface CronSpec {
  /** A cron line of 5 or 6 fields. */
  readonly line: string;
  /** Name of an IANA time zone; null is the supervisor's own. */
  readonly timeZone: string | null;
}
export interface WatchSpec {
  /** Files, folders and patterns, relative to `cwd`. */
  readonly paths: readonly string[];
  /** As well, but left out; besides what is left out always. */
  readonly ignore: readonly string[];
  /** How long files must have been quiet, in ms. */
  readonly delay: number;
  /** Look at the files every so many ms, where the system tells of no change (network folders); null does not. */
  readonly poll: number | null;
}

/** What has to be so of another app before this one starts. */
export interface Dependency {
  readonly app: string;
  /** Every worker of it: has been started; is available, or has done its work; has ended with success. */
  readonly until: 'started' | 'ready' | 'completed';
}

/** One app of the ecosystem. */
export interface AppSpec {
  readonly name: string;
  /** First 8 hex digits of the SHA-256 of `process`. */
  readonly revision: string;
  readonly process: ProcessSpec;
  /** Number of workers, 0 or more. */
  readonly instances: number;
  /** False: none of them is started before somebody asks for it. */
  readonly autostart: boolean;
  readonly rollout: RolloutSpec;
  readonly ready: Ready;
  /** The file names a port (`port` or `env.PORT`), so `ready: auto` expects the app to listen. */
  readonly namesPort: boolean;
  /** How long one worker may take to become ready; null is `rollout.deadline`. */
  readonly listenTimeout: number | null;
  readonly stop: StopSpec;
  readonly restart: RestartSpec;
  readonly triggers: TriggersSpec;
  /** In the file's order; names of other apps. */
  readonly dependsOn: readonly Dependency[];
  readonly logs: LogSpec;
  /** Missing where its code is what lies there. */
  readonly source?: SourceSpec;
  /**
   * Its release is not there, so that `process` says only what can be said without: paths in the release are below a
   * folder that no machine has. It cannot be started. Missing where it can.
   */
  readonly unprepared?: true;
  /** Where it differs from the file because somebody asked for that by hand: what is said as the cause. */
  readonly because?: { readonly revision?: string; readonly instances?: string };
  /**
   * What somebody asked for by hand that keeps it from being as the file asks, and how to go on: one clause. Missing
   * where nobody has.
   */
  readonly byHand?: string;
  /** 1-based line in the file of each field that was written, by its path: `instances`, `env.PORT`. */
  readonly lines: Readonly<Record<string, number>>;
}

/** What is measured for Prometheus, and where it is served. */
export interface MetricsSpec {
  /** 0 lets the system choose; null is served nowhere but by `cluster-up metrics`. */
  readonly port: number | null;
  readonly host: string;
}

/** The whole ecosystem. */
export interface Desired {
  /** Absolute path of the ecosystem file. */
  readonly file: string;
  /** SHA-256 of the file's bytes and of everything else that was read to resolve it. */
  readonly generation: string;
  /** Absolute paths of all that was read to resolve it, the ecosystem file first; missing where that is all. */
  readonly files?: readonly string[];
  /** Differs with the releases that apps with a `source` are to run; missing where no app has one. */
  readonly releases?: string;
  /** By app, where it is not simply what its `source` leads to that runs: with those whose release is missing. */
  readonly preparations?: ReadonlyMap<string, Preparation>;
  /** In the order of the file; names are unique. */
  readonly apps: readonly AppSpec[];
  /** How long workers serve on without a supervisor. */
  readonly orphanTimeout: number;
  /** Missing where nothing is to be measured. */
  readonly metrics?: MetricsSpec;
  /** Why apps are missing, if not because they left the file. */
  readonly because?: string;
}

/** Whether a variable of the supervisor's own environment is kept from a process. */
export function isFiltered(name: string, filter: FilterEnv): boolean {
  if (filter === true) return true;
  return typeof filter === 'string' ? name === filter : filter.some((part) => name.includes(part));
}
