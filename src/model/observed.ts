/**
 * What the supervisor knows about the running workers. A value: it is replaced, never mutated.
 * All times are milliseconds on the supervisor's clock (see clock.ts).
 */
import type { DrainLedger, Drains } from './ledger.ts';
import type { AppSpec, Mode } from './spec.ts';

/** `backoff`, `errored` and `stopped` are said of a slot without a worker, so no process has them. */
export type WorkerStatus = 'starting' | 'online' | 'draining' | 'stopping';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Last lines it wrote to stderr, bounded; empty if none. */
  readonly stderr: readonly string[];
  /** Set where the process could not be started at all: one sentence. */
  readonly spawnError: string | null;
  /** It ran out of memory, as the kernel says that killed it, or V8 when it reached the limit of its heap. */
  readonly outOfMemory?: 'kernel' | 'heap';
  /** It has not ended yet, but is to be replaced: so soon that this counts like an exit. */
  readonly unfit?: true;
  /** Who has the port that it could not have, one sentence. */
  readonly taken?: string;
  /** Set by the plan's reducer, one clause: `exited with code 1 before it listened`. */
  readonly reason?: string;
}

/** `check`: it does not pass its health check. `loop`: its event loop is blocked, so that it answers nobody. */
export interface Failing {
  readonly kind: 'check' | 'loop';
  /** One clause. */
  readonly cause: string;
}

/** An exit that nobody asked for, or the end of a worker that had to be replaced; for people to look back at. */
export interface PastExit {
  readonly at: number;
  readonly slot: number;
  readonly revision: string;
  readonly worker: number;
  readonly pid: number | null;
  readonly exit: Exit;
}

/** One process. */
export interface ObservedWorker {
  /** Unique in this supervisor's life. */
  readonly id: number;
  /** 0…n-1 in its app; a worker and its replacement share it for a while. */
  readonly slot: number;
  readonly revision: string;
  readonly mode: Mode;
  readonly pid: number | null;
  readonly status: WorkerStatus;
  readonly startedAt: number;
  /** When it was first given a socket: from then on it may listen, though it has not said so yet. */
  readonly givenAt: number | null;
  /** When it first listened on an address. */
  readonly listeningAt: number | null;
  /** What it waits for to listen on, as workers of earlier revisions have it open: `port 8080`; null if for nothing. */
  readonly blocked: string | null;
  /** The port that the file gives it, and those that it was seen to listen on. */
  readonly ports: readonly number[];
  /** When it sent `'ready'`. */
  readonly messageAt: number | null;
  /** When it was found alive, with a turning event loop, after `min_uptime`. */
  readonly aliveAt: number | null;
  /** When it was judged ready. */
  readonly readyAt: number | null;
  readonly drainingAt: number | null;
  /** When it reported that nothing is in flight any more. */
  readonly drainedAt: number | null;
  /** When, while it drained, nothing but upgraded connections was left and the app had a hook of its own for them. */
  readonly quietAt: number | null;
  /** What it said last of its drain; null before that. */
  readonly ledger: DrainLedger | null;
  readonly stoppingAt: number | null;
  readonly killedAt: number | null;
  /** When the path of `ready: { http }` answered; null while it has not. */
  readonly probedAt: number | null;
  /** What its probes met before that, and how often in a row; null is nothing. */
  readonly refused: { readonly what: string; readonly times: number } | null;
  /** What is wrong with it though it runs; null if nothing is known to be. */
  readonly failing: Failing | null;
  /** Why it is to be replaced though it serves, one clause; null if it is not. */
  readonly unfit: string | null;
  /** The id of the code that it was started from, where that is not the code of its revision, which had gone. */
  readonly otherCode?: string;
}

/** What is remembered of a slot after a worker of `revision` ended on its own there. */
export interface SlotRecord {
  readonly slot: number;
  readonly revision: string;
  /** The worker that ended there last. */
  readonly worker: number;
  /** Unstable exits in a row: what the backoff grows by. */
  readonly failures: number;
  /** What of `max_restarts` is spent: unstable exits since `since`, when the window began. */
  readonly budget: { readonly since: number; readonly spent: number };
  /** All exits that nobody asked for. */
  readonly restarts: number;
  readonly exitedAt: number;
  readonly exit: Exit;
  /** It ended for good: `autorestart: false` or one of `stop_exit_codes`. */
  readonly done: boolean;
}

export type RolloutState = 'progressing' | 'complete' | 'rolled-back' | 'paused' | 'failed';

/** The way of an app to its desired revision. */
export interface Rollout {
  readonly state: RolloutState;
  /** Revision that was stable when it began; null if none was. */
  readonly from: string | null;
  readonly to: string;
  /** The file's generation it was begun for: a failed revision is tried again only under another one. */
  readonly generation: string;
  readonly startedAt: number;
  /** When a worker of `to` last became (or will become) available; the deadline runs from here. */
  readonly progressAt: number;
  /** Boots of `to` that failed, latest last, at most the last 8. */
  readonly failures: readonly Exit[];
  /** Why it failed; null while it has not. */
  readonly message: string | null;
  /** As long as only the canaries get the revision; null once the others follow, and where there are none. */
  readonly canary: Canary | null;
  /** Why its workers cannot run beside those of other revisions, one clause; null while nothing is known to be in the way. */
  readonly exclusive: string | null;
  /** Apps whose addresses its workers have taken, or wait for, while those have its own: all of them succeed, or none does. */
  readonly trades: readonly string[];
}

/** The first workers of a revision, while they are looked at. */
export interface Canary {
  /** Since when all of them have been available; null while they have not. */
  readonly since: number | null;
  /** The first of them that ended by itself after it was available. */
  readonly lost: Exit | null;
}

/** One app, running or on its way out. */
export interface ObservedApp {
  readonly name: string;
  /** The spec last asked for; its live fields hold for workers of every revision. */
  readonly spec: AppSpec;
  /** The last revision whose rollout completed. */
  readonly stable: AppSpec | null;
  /** A worker of the stable revision has listened, so a later one is expected to. */
  readonly listens: boolean;
  readonly rollout: Rollout | null;
  /** Sorted by id. */
  readonly workers: readonly ObservedWorker[];
  /** Sorted by slot, then revision; only of revisions that still matter. */
  readonly slots: readonly SlotRecord[];
  readonly drains: Drains;
  /** The last 10, whatever their slot and revision, oldest first. */
  readonly exits: readonly PastExit[];
  /**
   * Null as long as the file asks for it. Once it has left: the apps of the file that take its place, in the file's
   * order, until all of them are ready; it stays as long as there are any.
   */
  readonly staysFor: readonly string[] | null;
}

export interface Observed {
  /** Sorted by name. */
  readonly apps: readonly ObservedApp[];
}
