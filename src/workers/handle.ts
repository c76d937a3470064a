/** What the supervisor can do with a process it started, and what it hears of it. */
import type { DrainLedger } from '../model/ledger.ts';
import type { Exit } from '../model/observed.ts';
import type { Reading } from '../model/protocol.ts';
import type { AppSpec, StopSpec } from '../model/spec.ts';
import type { Questions } from './questions.ts';

/** One running process. Each method may be called at any time, even after it has ended. */
export interface WorkerHandle {
  readonly pid: number | null;
  /** It is ready: it accepts from now on, if it has been kept from it so far. Missing where there is no agent in it. */
  readonly accept?: () => void;
  /** Takes it out of rotation; it reports `drained` once nothing is in flight, and before that perhaps `quiet`. */
  readonly drain: (stop: StopSpec) => void;
  /** Runs the app's own hook: the `'shutdown'` message or the signal. */
  readonly stop: (stop: StopSpec) => void;
  /** SIGKILL to the whole process group. */
  readonly kill: () => void;
  /** The last lines of its stderr, for the reason why it is given up while it lives. */
  readonly lastWords: () => readonly string[];
  /** Asks what it has counted, which comes as news; false if it cannot be asked. Missing where there is no agent in it. */
  readonly measure?: () => boolean;
  /** Whom to ask how it is; null once it has let go of its channel. Missing where there is no agent in it. */
  readonly questions?: () => Pick<Questions, 'probe' | 'turn'> | null;
  /** How long it is to serve on if the supervisor dies, in ms. Missing where there is no agent in it. */
  readonly serveOn?: (timeout: number) => void;
  /** Has it count from now on whether it is asked or not, with these bounds of durations in seconds; null ends that. */
  readonly keepMeasuring?: (bounds: readonly number[] | null) => void;
}

export type WorkerNews =
  | { readonly type: 'listening'; readonly address: string }
  /** `given`: a socket to listen on. */
  | { readonly type: 'given' | 'message' | 'alive' | 'quiet' | 'drained' }
  /** It is to be replaced, for a reason that is one clause. */
  | { readonly type: 'unfit'; readonly cause: string }
  /** It has sent its parent a message of its own; `what` is what it is called, if anything that can be shown. */
  | { readonly type: 'unheard'; readonly what: string | null }
  /** It has said so often what is no message. */
  | { readonly type: 'misunderstood'; readonly what: string; readonly times: number }
  /** It cannot listen as long as workers of its app's earlier revisions, or of apps that it trades with, have an address open. */
  | { readonly type: 'blocked'; readonly on: string; readonly trades: readonly string[] }
  | { readonly type: 'ledger'; readonly ledger: DrainLedger }
  /** `asked` if it answers `measure`. */
  | { readonly type: 'measured'; readonly asked: boolean; readonly reading: Reading }
  /** Something about it could not be done: one clause, and why. */
  | { readonly type: 'failed'; readonly what: string; readonly error: unknown }
  | { readonly type: 'exited'; readonly exit: Exit };

/** What is started: a worker of `spec` in `slot`. */
export interface Launch {
  readonly id: number;
  readonly slot: number;
  readonly spec: AppSpec;
}

/** Where the output of all processes goes. */
export interface OutputSink {
  /**
   * Takes whole lines, without their line ends; false asks the writer to wait. With `more`, the last of them is not
   * whole: it goes on with the first of the next write.
   */
  readonly write: (launch: Launch, stream: 'out' | 'err', lines: readonly string[], more: boolean) => boolean;
  /** Calls back once when it takes more from this writer; asked for right after the write that was refused. */
  readonly whenWritable: (resume: () => void, launch: Launch, stream: 'out' | 'err') => void;
  /** Nothing more comes from this writer. */
  readonly ended?: (launch: Launch, stream: 'out' | 'err') => void;
}
