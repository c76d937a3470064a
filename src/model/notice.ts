/** What the supervisor tells whoever shows it to people. */
import type { DrainLedger } from './ledger.ts';
import type { Exit } from './observed.ts';
import type { Step } from './step.ts';

export type Notice =
  /** A step is being executed; `pid` and `slot` are those of its worker, if it is about one. */
  | { readonly type: 'step'; readonly step: Step; readonly slot: number | null; readonly pid: number | null }
  | {
      readonly type: 'listening';
      readonly app: string;
      readonly slot: number;
      readonly revision: string;
      readonly address: string;
    }
  /** A worker ended that nobody had asked to. */
  | {
      readonly type: 'died';
      readonly app: string;
      readonly slot: number;
      readonly pid: number | null;
      readonly exit: Exit;
    }
  /** A worker has gone after its drain. */
  | ({ readonly type: 'retired' } & Drained)
  /** A worker has sent its parent a message of its own; `what` is what it is called, if anything that can be shown. */
  | { readonly type: 'unheard'; readonly app: string; readonly slot: number; readonly what: string | null }
  /** A worker has sent so often what is no message; `what` says what came, one clause. */
  | {
      readonly type: 'misunderstood';
      readonly app: string;
      readonly slot: number;
      readonly what: string;
      readonly times: number;
    }
  /** An app cannot have an address it asked for. */
  | { readonly type: 'refused'; readonly app: string; readonly reason: string }
  /** Something could not be done to a worker, and is tried again where it can be: `what` is one clause. */
  | {
      readonly type: 'failed';
      readonly app: string;
      readonly slot: number;
      readonly what: string;
      readonly reason: string;
    }
  /** An app is not started yet. */
  | { readonly type: 'waits'; readonly app: string; readonly reason: string }
  /** What runs is what the file asks for; said once each time that becomes true. */
  | { readonly type: 'converged' };

export interface Drained {
  readonly app: string;
  readonly slot: number;
  readonly pid: number | null;
  readonly ledger: DrainLedger;
}

/** A line for people: `bad` is about something that went wrong, `good` about a wish fulfilled. May have several lines. */
export interface Line {
  readonly level: 'info' | 'good' | 'bad';
  readonly text: string;
  /** What the line tells of a drain, for programs. */
  readonly drain?: Drained;
}
