/** The shape of `ls --json` and `show --json`: stable, for scripts. Times and durations are in ms, memory in bytes, cpu in cores. */
import type { Drains } from './ledger.ts';
import type { Exit } from './observed.ts';
import type { AppSpec } from './spec.ts';

export type AppStatus = 'online' | 'starting' | 'rolling' | 'degraded' | 'errored' | 'stopped';
export type WorkerState = 'starting' | 'online' | 'draining' | 'stopping' | 'backoff' | 'errored' | 'stopped';

export interface State {
  /** Absolute path of the ecosystem file. */
  readonly ecosystem: string;
  readonly converged: boolean;
  readonly supervisor: {
    readonly pid: number;
    readonly version: string;
    readonly uptimeMs: number;
    readonly memory: number;
    readonly cpu: number;
    /** How much later than planned its event loop came round, p99 of the last 30 to 60 s. */
    readonly loopDelayMs: number;
    /** What it runs of and is no longer on disk as it was; missing where all is. */
    readonly onDisk?: OnDisk;
  };
  /** Whether the file as it is now is what is being run; `error` says why it was rejected. */
  readonly config: { readonly state: 'applied' | 'rejected'; readonly error: string | null };
  readonly apps: readonly AppState[];
  /** What supervisors that died have left and that has not ended yet; missing where there is nothing. */
  readonly leftovers?: readonly LeftoverView[];
}

export interface OnDisk {
  /** The Node of the supervisor and its workers: `path` leads to another one now, or to none. */
  readonly node?: { readonly path: string; readonly version: string; readonly is: 'gone' | 'replaced' };
  readonly clusterUp?: { readonly is: 'gone' | 'replaced' };
}

/** A process that is no worker of this supervisor; it serves until it is replaced, or is being ended. */
export interface LeftoverView {
  readonly pid: number;
  /** Null until it has said what it is. */
  readonly app: string | null;
  readonly slot: number | null;
}

export interface AppState {
  readonly name: string;
  readonly mode: 'cluster' | 'fork';
  /** From the package.json of the code that runs; null if it has none. */
  readonly version: string | null;
  /** The code that the file asks for; missing as long as it is not known. */
  readonly code?: CodeView;
  readonly status: AppStatus;
  readonly desired: number;
  readonly ready: number;
  /** The revision that the file asks for. */
  readonly revision: string;
  /** It is no longer in the file, and stays for what takes its place. */
  readonly leaves?: true;
  readonly rollout: {
    readonly state: 'preparing' | 'progressing' | 'complete' | 'rolled-back' | 'paused' | 'failed';
    readonly from: string | null;
    readonly to: string;
    /** Ready workers of `to`. */
    readonly updated: number;
    readonly total: number;
    readonly message: string | null;
    /** Only while only the first slots get `to`. */
    readonly canary?: CanaryView;
  };
  readonly workers: readonly WorkerView[];
}

export interface CodeView {
  /** Of a release; where a symbolic link leads; else the first digits of a digest of the app's files. */
  readonly id: string;
  readonly from: 'source' | 'link' | 'files';
  readonly folder: string;
  /** The files there are other ones by now: `up` or `reload` rolls to them. */
  readonly changed: boolean;
}

export interface CanaryView {
  /** How many slots these are. */
  readonly workers: number;
  /** When the others follow if these stay up, from now; null while not all of these are available. */
  readonly goesOnInMs: number | null;
}

export interface WorkerView {
  readonly id: number;
  readonly slot: number;
  readonly pid: number | null;
  readonly status: WorkerState;
  readonly revision: string;
  /** The id of the code that it was started from; missing as long as it is not known. */
  readonly code?: string;
  readonly restarts: number;
  readonly uptimeMs: number | null;
  /** Share of one core; null where there is no process or the system does not say. */
  readonly cpu: number | null;
  readonly memory: number | null;
  /** Why it is not online, or why it was last restarted; null if there is nothing to say. */
  readonly reason: string | null;
}

/** Everything about one app. Values of `env`, and what looks secret in arguments and output, are masked. */
export interface AppDetails extends AppState {
  readonly stable: string | null;
  /** Where it listens. */
  readonly addresses: readonly string[];
  readonly spec: AppSpec;
  /** Oldest first, at most 10. */
  readonly exits: readonly ExitView[];
  readonly drains: Drains;
  readonly logFiles: readonly {
    readonly path: string;
    readonly failing: string | null;
    readonly lost: number;
  }[];
}

export interface ExitView extends Exit {
  readonly agoMs: number;
  readonly slot: number;
  readonly pid: number | null;
  readonly revision: string;
}
