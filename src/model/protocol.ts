/**
 * What the supervisor and the agent in a worker say to each other over the worker's IPC channel.
 *
 * Node hands messages whose `cmd` begins with `NODE_` to 'internalMessage' listeners only, so the app's own
 * `process.on('message')` never sees them (nodejs.org/api/child_process.html, `subprocess.send`).
 */
import type { DrainLedger } from './ledger.ts';
import type { Balance, StopSpec } from './spec.ts';

export const CMD = 'NODE_CLUSTER_UP';

/** The environment variable that makes the preloaded agent act; it removes it before the app can see it. */
export const AGENT_ENV = 'CLUSTER_UP_WORKER';

/** What `AGENT_ENV` holds, as JSON. */
export interface AgentConfig {
  readonly balance: Exclude<Balance, 'auto'>;
  /** From when on its servers accept: from `listen()`, or once it has been told `accept`. */
  readonly accepts: 'listening' | 'ready';
  readonly app: string;
  readonly slot: number;
  readonly stop: StopSpec;
  /** Where the worker waits for the next supervisor once this one is gone: this, a dot and its process id. */
  readonly rendezvous: string;
}

/** A socket that an orphan can hand on. */
export type Offer =
  | { readonly kind: 'socket'; readonly query: ListenQuery; readonly slot: number }
  | { readonly kind: 'datagrams'; readonly query: DatagramQuery };

/** What an app asked of `listen()`, as node:net passes it to node:cluster. */
export interface ListenQuery {
  /** IP address, absolute path of a unix socket, or null for every address. */
  readonly address: string | null;
  /** -1 for a unix socket. */
  readonly port: number;
  /** 4, 6, or -1 for a unix socket. */
  readonly addressType: number;
  /** libuv bind flags: 1 is ipv6Only. */
  readonly flags: number;
  /** Tells apart several servers of one worker that ask for the same address. */
  readonly index: number;
}

/** What an app asked of `bind()` for datagrams, as node:dgram passes it to node:cluster. */
export interface DatagramQuery {
  /** IP address, or null for every address. */
  readonly address: string | null;
  readonly port: number;
  readonly type: 'udp4' | 'udp6';
  /** libuv bind flags: 1 is ipv6Only, 4 is reuseAddr. */
  readonly flags: number;
  /** Tells apart several sockets of one worker that ask for the same address. */
  readonly index: number;
}

/** What an app asks for: a listening socket, or one for datagrams. */
export type SocketQuery = ListenQuery | DatagramQuery;

/** What a worker's meter has counted since it began to. */
export interface Reading {
  /** When it began, and when it was read, in ms since the worker started. */
  readonly since: number;
  readonly at: number;
  /** HTTP requests that began. */
  readonly requests: number;
  /** Complete responses by class: 1xx, 2xx, … 5xx. */
  readonly responses: readonly number[];
  /** Requests that ended without a complete response. */
  readonly aborted: number;
  readonly inFlight: number;
  /** Complete responses by duration: up to each bound, and above all of them. */
  readonly buckets: readonly number[];
  /** Duration of all complete responses together. */
  readonly seconds: number;
  /** Time in which the event loop was not idle, and in which it was. */
  readonly activeMs: number;
  readonly idleMs: number;
  /** How much later than planned the event loop came round, since it was read last. */
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

export interface DrainOrder {
  /** How long requests in flight may take, in ms. */
  readonly timeout: number;
  /** How the app will be told to end: by this signal, or by the message `'shutdown'`; null if nobody tells it. */
  readonly hook: NodeJS.Signals | 'message' | null;
}

/** How a probe went: the status of the answer, or why there is none. */
export type ProbeOutcome = number | 'timeout' | 'closed' | 'no-server';

export type FromAgent =
  /** `listen()`: asks for a socket. Answered by `socket` with the same `seq`. */
  | { readonly act: 'socket'; readonly seq: number; readonly query: ListenQuery }
  /** `bind()` of a datagram socket: asks for one. Answered by `socket` with the same `seq`. */
  | { readonly act: 'datagrams'; readonly seq: number; readonly query: DatagramQuery }
  /** The app listens; `key` names the held socket it does so on, or null if it is not one of ours. */
  | { readonly act: 'listening'; readonly key: string | null; readonly address: string }
  /** `listen()` or bind failed in the worker with a libuv error number. */
  | { readonly act: 'listen-failed'; readonly query: ListenQuery; readonly errno: number }
  /** Under least-connections: how many connections are open, told when that has changed clearly. */
  | { readonly act: 'open'; readonly key: string; readonly open: number }
  /** The same, and that it lets go of the socket for now. Answered by `duplicate`. */
  | { readonly act: 'paused'; readonly key: string; readonly open: number }
  /** Where the supervisor accepts: the socket that came with `socket` or `duplicate`, sent back as a copy to accept from. */
  | { readonly act: 'copy'; readonly key: string; readonly slot: number }
  /** Whether the server has taken the connection. */
  | { readonly act: 'took'; readonly key: string; readonly seq: number; readonly accepted: boolean }
  /** The app closed a server or a datagram socket. */
  | { readonly act: 'closed'; readonly key: string }
  /** The app has called `cluster.worker.disconnect()`: it drains, closes its servers and then its channel. */
  | { readonly act: 'leaving' }
  /** The app has closed its channel. It is told nothing any more, but the agent is. */
  | { readonly act: 'disconnected' }
  /** While it drains: only upgraded connections are left, and the app has a hook that may close them its own way. */
  | { readonly act: 'quiet' }
  /** What its drain would come to if the process ended now: sent as it begins, as it ends, and as the process ends. */
  | { readonly act: 'ledger'; readonly ledger: DrainLedger }
  /** Nothing is in flight any more, or what is will not get more time. */
  | { readonly act: 'drained' }
  /** The event loop turned, and everything sent before the ping has been dealt with. */
  | { readonly act: 'pong'; readonly about: 'alive' | 'released' | 'drained' | 'loop' }
  /** The answer to `probe`. */
  | { readonly act: 'probed'; readonly seq: number; readonly outcome: ProbeOutcome }
  /** The answer to `measure`; or unasked, from a worker that may be about to end. */
  | { readonly act: 'measured'; readonly asked: boolean; readonly reading: Reading }
  /** The first words of an orphan to the supervisor that has found it; one that offers nothing is about to end. */
  | {
      readonly act: 'orphan';
      readonly pid: number;
      readonly app: string;
      readonly slot: number;
      readonly stop: StopSpec;
      readonly offers: readonly Offer[];
    }
  /** The answer to `give`; the handle comes with it, unless it has been closed meanwhile. */
  | { readonly act: 'given' };

export type ToAgent =
  /** The answer to `socket` and `datagrams`; the handle comes with it. `errno` is 0 or a libuv error number. */
  | {
      readonly act: 'socket';
      readonly seq: number;
      readonly errno: number;
      readonly key: string | null;
      /** Whose socket it is. */
      readonly slot?: number;
    }
  /** It is ready: accept from now on. */
  | { readonly act: 'accept' }
  /** Another copy of the socket (the handle): to take it again with after having let go of it, or to send back. */
  | { readonly act: 'duplicate'; readonly key: string; readonly slot: number }
  /** More open connections than this are more than the worker's share; null is no limit. */
  | { readonly act: 'limit'; readonly key: string; readonly limit: number | null }
  /** A connection (the handle), accepted for this worker. Answered by `took` with the same `seq`. */
  | { readonly act: 'connection'; readonly key: string; readonly seq: number }
  /** A neighbour's socket to accept from as well (the handle comes with it), until `return`. */
  | { readonly act: 'lend'; readonly key: string; readonly slot: number }
  | { readonly act: 'return'; readonly key: string; readonly slot: number }
  /** Accept no more, finish what is in flight within `timeout` ms, then say `drained`. */
  | ({ readonly act: 'drain' } & DrainOrder)
  | { readonly act: 'ping'; readonly about: 'alive' | 'released' | 'drained' | 'loop' }
  /** Ask your own HTTP server for a path; `timeout` in ms. */
  | { readonly act: 'probe'; readonly seq: number; readonly path: string; readonly timeout: number }
  /** Begins to measure, if need be, and asks for what was measured; not asked for a while, the agent stops. */
  | { readonly act: 'measure' }
  /** Counts anew and goes on, asked or not, with these bounds of the durations' buckets in seconds; null stops it. */
  | { readonly act: 'keep-measuring'; readonly bounds: readonly number[] | null }
  /** How long to serve on if the supervisor dies, in ms. */
  | { readonly act: 'serve-on'; readonly timeout: number }
  /** To an orphan: hand on the socket of this index in what it offered. */
  | { readonly act: 'give'; readonly offer: number }
  /** To an orphan, which has no other way to get it: the message `'shutdown'`. */
  | { readonly act: 'shutdown' };

export type Envelope<M> = M & { readonly cmd: typeof CMD };
