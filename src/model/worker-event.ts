/** What happens to workers. All times are milliseconds on the supervisor's clock (see clock.ts). */
import type { DrainLedger } from './ledger.ts';
import type { Exit, Failing } from './observed.ts';

/** Something that happened to a worker, at a time. */
export type WorkerEvent =
  | {
      readonly type: 'started';
      readonly at: number;
      readonly app: string;
      readonly id: number;
      readonly slot: number;
      readonly revision: string;
      readonly pid: number | null;
    }
  | {
      readonly type: 'given' | 'message' | 'alive' | 'quiet' | 'drained';
      readonly at: number;
      readonly app: string;
      readonly id: number;
    }
  /** It cannot listen on this address as long as workers of its app's earlier revisions, or of others, have it open. */
  | {
      readonly type: 'blocked';
      readonly at: number;
      readonly app: string;
      readonly id: number;
      readonly on: string;
      /** Apps that wait for an address of this one in turn. */
      readonly trades: readonly string[];
    }
  /** On an address; `port` is missing where that has none. */
  | {
      readonly type: 'listening';
      readonly at: number;
      readonly app: string;
      readonly id: number;
      readonly port?: number;
    }
  | {
      readonly type: 'ledger';
      readonly at: number;
      readonly app: string;
      readonly id: number;
      readonly ledger: DrainLedger;
    }
  | {
      readonly type: 'unfit';
      readonly at: number;
      readonly app: string;
      readonly id: number;
      readonly cause: string;
    }
  /** It was started from other code than that of its revision. */
  | {
      readonly type: 'other-code';
      readonly at: number;
      readonly app: string;
      readonly id: number;
      readonly code: string;
    }
  /** A probe of `ready: { http }`; `refused` is null where it passed. */
  | {
      readonly type: 'probed';
      readonly at: number;
      readonly app: string;
      readonly id: number;
      readonly refused: string | null;
    }
  /** What is wrong with it from now on; null is nothing any more. */
  | {
      readonly type: 'failing';
      readonly at: number;
      readonly app: string;
      readonly id: number;
      readonly failing: Failing | null;
    }
  | {
      readonly type: 'exited';
      readonly at: number;
      readonly app: string;
      readonly id: number;
      readonly exit: Exit;
    };
