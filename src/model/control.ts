/**
 * What goes over the control socket: one JSON object per line. A request has an `id`, and every answer to it carries
 * the same. A stream is answered by any number of `item`s and then a `result` or an `error`.
 */
import type { ShellEnvironment } from './inherited.ts';
import type { Prediction } from './prediction.ts';
import type { ReleaseView } from './release-view.ts';
import type { AppDetails, State } from './state.ts';

/** Raised when an old client could misunderstand a new supervisor, or the other way round. */
export const CONTROL_VERSION = 1;

/** Bytes that one message may have, either way. */
export const MAX_MESSAGE: number = 1024 * 1024;

/** What can be asked, and the type of what comes back. */
export interface Operations {
  /** Answered at once, by whoever can answer at all. */
  ping: { args: NoArgs; result: null };
  /** The state now. */
  state: { args: NoArgs; result: State };
  /** What each worker is doing. The workers measure only while this is asked again and again. */
  metrics: { args: NoArgs; result: Metrics };
  /** The page of metrics, as a stream of pieces of its text. */
  scrape: { args: NoArgs; result: null };
  /**
   * Read the file again, and apply it; with `plan`, only if that plan still holds.
   */
  apply: { args: { plan: string | null } & Bringing; result: Applied };
  /** What applying the file now would do. */
  plan: { args: Bringing; result: NamedPlan };
  /** One app, or the app of one worker, in every detail. */
  show: { args: { target: string }; result: AppDetails };
  /** Replace the workers: one after the other, or all at once. */
  reload: { args: AppArgs & Bringing; result: null };
  restart: { args: AppArgs & Bringing; result: null };
  /** Run no worker of the app until `start`. */
  stop: { args: AppArgs; result: null };
  start: { args: AppArgs; result: null };
  /** Back to the revision that was stable before the one that is, or to a release of the app's `source`. */
  rollback: { args: { app: string; release?: string }; result: { revision: string } };
  /** Those of the app's `source`, the newest first. */
  releases: { args: { app: string }; result: { releases: readonly ReleaseView[] } };
  /** Resolves once nothing is under way any more. */
  wait: { args: NoArgs; result: Outcome };
  /** Drain everything and end; a stream of lines of progress. */
  down: { args: NoArgs; result: null };
  /** A stream: the last lines, then, with `follow`, new ones as they come. */
  logs: { args: LogArgs; result: null };
  /** Open the log files anew, for whoever has moved them away. */
  reopen: { args: NoArgs; result: { files: number } };
  /**
   * A stream: the state, then each notice as a line of text (`Line`), those about a drain with its ledger. The first
   * client gets those that nobody has heard yet, too.
   */
  events: { args: NoArgs; result: null };
}
export type Operation = keyof Operations;

type NoArgs = Record<string, never>;
/** With it, `${…}` and what workers inherit are those of whoever asks; without it, they stay as they are. */
export interface Bringing {
  readonly environment?: ShellEnvironment;
}
export interface Applied {
  /** Why the file was rejected. */
  readonly error: string | null;
  /** Nothing was done: the supervisor is shutting down. */
  readonly ending: boolean;
  /** All was as it asks before; missing where nobody looked. */
  readonly unchanged?: boolean;
}
/** `all` is every app. */
export interface AppArgs {
  readonly app: string;
}
export interface LogArgs {
  /** Null is every app. */
  readonly app: string | null;
  readonly lines: number;
  readonly follow: boolean;
  readonly stream: 'out' | 'err' | null;
  /** Lines since then, as ms since the epoch; null is all that is kept. */
  readonly since: number | null;
}

/** What applying the file would do, with a name that tells later whether it still holds. */
export interface NamedPlan {
  readonly id: string;
  readonly apps: readonly Prediction[];
}

/** By the id of the worker; null where it cannot be measured: in fork mode, or on its way out. */
export type Metrics = Readonly<Record<string, WorkerMetrics | null>>;
export interface WorkerMetrics {
  /** Since the last time anybody asked; null where it does not answer. */
  readonly load: Load | null;
  /** How long it has not answered, so that its event loop is blocked, in ms; null if it does. */
  readonly silentMs: number | null;
}

/** What happened in a worker between two readings of its meter. All are 0 where there is only one. */
export interface Load {
  readonly elapsedMs: number;
  /** HTTP requests that began. */
  readonly requests: number;
  /** How much later than planned the event loop came round, 99th percentile. */
  readonly delayP99Ms: number;
  /** Share of the time in which the event loop was not idle. */
  readonly utilization: number;
}

/** How what was under way ended. */
export interface Outcome {
  readonly converged: boolean;
  /** One sentence for each app that is not as the file asks; with the last lines of its stderr. */
  readonly problems: readonly {
    readonly app: string;
    readonly message: string;
    readonly stderr: readonly string[];
  }[];
  /** The apps that are not as the file asks since somebody asked for that by hand, and how to go on; missing if none. */
  readonly byHand?: readonly { readonly app: string; readonly message: string }[];
}

export interface Request {
  readonly v: number;
  readonly id: number;
  readonly op: string;
  readonly args: Readonly<Record<string, unknown>>;
}
export type Answer =
  | { readonly id: number; readonly item: unknown }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  /** The request could not even be read. */
  | { readonly id: null; readonly error: string };

/** One line of a worker's output. */
export interface LogLine {
  /** Ms since the epoch. */
  readonly at: number;
  readonly app: string;
  readonly slot: number;
  readonly stream: 'out' | 'err';
  readonly text: string;
}
