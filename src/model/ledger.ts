/** What the drain of a worker did to those it was serving. */
/**
 * A request is an HTTP/1 request, an HTTP/2 stream, an upgraded connection, or a connection that speaks no HTTP.
 * `inFlight + arrived` is always `finished + aborted + cutOff`.
 */
export interface DrainCounts {
  /** Requests in flight when the drain began. */
  readonly inFlight: number;
  /** Requests that came later, on connections that were open already. */
  readonly arrived: number;
  /** Requests that were answered in full; upgraded and other connections that closed in order. */
  readonly finished: number;
  /** Requests whose connection closed before that, by the client or by the app itself. */
  readonly aborted: number;
  /** Requests that were in flight still when the process ended, or had to be ended at `drain_timeout`. */
  readonly cutOff: number;
  /** Connections that closed, or ended with the process, and had carried no request during the drain. */
  readonly closedIdle: number;
}

export interface DrainLedger extends DrainCounts {
  /** The requests that were cut off, most frequent first; bounded, so they may be fewer than `cutOff`. */
  readonly cut: readonly Cut[];
}

/** Requests that were cut off: `GET /export`, without the query string; at most 100 characters. */
export interface Cut {
  readonly request: string;
  readonly times: number;
}

/** A worker that has gone. */
export interface RetiredWorker {
  readonly id: number;
  readonly slot: number;
  readonly revision: string;
  readonly pid: number | null;
  /** Null where the worker could not say: its event loop was blocked from the start of the drain to its end. */
  readonly ledger: DrainLedger | null;
}

/** Of one app, since its supervisor started. */
export interface Drains {
  readonly total: DrainCounts;
  /** Of the workers that began to drain during the latest rollout. */
  readonly rollout: DrainCounts;
  /** The last that have gone, latest last; bounded. */
  readonly retired: readonly RetiredWorker[];
}
