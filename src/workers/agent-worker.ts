/** The supervisor's side of a worker with our agent in it: what it can be told, and what becomes of what it says. */
import type { Exit } from '../model/observed.ts';
import type { AgentConfig, FromAgent, ToAgent } from '../model/protocol.ts';
import type { StopSpec } from '../model/spec.ts';
import { EINVAL, type BoundHandle } from '../sockets/bind.ts';
import { DRAIN_IS_OFF } from './fault.ts';
import type { Launch, WorkerHandle, WorkerNews } from './handle.ts';
import type { HeldSockets } from '../sockets/held-sockets.ts';
import type { Listener } from '../sockets/listener.ts';
import { Nonsense } from './nonsense.ts';
import { Questions } from './questions.ts';
import { Speaker } from './speaker.ts';

/** Why a worker is replaced whose descriptor of the channel is closed, one clause. */
const CLOSED = 'closed its channel to cluster-up';
/** A process that ends closes its channel first; it ends within this time, in ms. */
const CLOSED_AFTER = 250;

/** The process that was forked, and the channel to it. */
export interface Link {
  readonly pid: number | null;
  readonly isConnected: () => boolean;
  /** Whether its end has been seen, though perhaps not told yet. */
  readonly hasEnded: () => boolean;
  /** One that ends meanwhile is told of by its exit. May throw. */
  readonly send: (message: ToAgent, handle?: object) => void;
  /** The message `'shutdown'` to the app. */
  readonly shutdown: () => void;
  readonly signal: (name: StopSpec['killSignal']) => void;
  /** SIGKILL to it and all that it has started. */
  readonly kill: () => void;
  /** Called once, in the turn in which it was forked; returns what it has written to stderr last. */
  readonly listen: (listener: LinkListener) => () => readonly string[];
}

export interface LinkListener {
  /** The app's own `process.send('ready')`. */
  readonly ready: () => void;
  /** The handle that came along is the listener's to close. */
  readonly said: (message: FromAgent, handle: BoundHandle | null) => void;
  /** It has sent a message of its own, which nobody hears. */
  readonly unheard: (type: string | null) => void;
  /** What was said is no message; `seq` is that of a question that waits for its answer. */
  readonly misunderstood: (what: string, seq: number | null) => void;
  /** Something could not be done. */
  readonly failed: (what: string, error: unknown) => void;
  readonly unfit: (cause: string) => void;
  /** Nothing more comes over the channel. */
  readonly disconnected: () => void;
  /** Told once; what it said last may come after it. */
  readonly ended: (exit: Exit) => void;
}

export function attend(
  link: Link,
  launch: Launch,
  sockets: HeldSockets,
  news: (news: WorkerNews) => void,
): WorkerHandle {
  const failed = (what: string, error: unknown): void => news({ type: 'failed', what, error });
  const send = senderOf(link, failed);
  const questions = new Questions(send);
  const { listener, accept } = tenantOf(launch, send, news);
  // Only a turning event loop answers; an app that never yields is not alive.
  const alive = setTimeout(() => send({ act: 'ping', about: 'alive' }), launch.spec.restart.minUptime);
  const app = { hearsMessages: true, isStopped: false };
  const around = { app, link, listener, sockets, questions, news, failed, send };
  return {
    ...endsOf(around),
    pid: link.pid,
    accept: () => {
      if (accept()) sockets.ready(listener);
    },
    lastWords: link.listen(listenerOf(launch, around, () => clearTimeout(alive))),
    measure: () => {
      send({ act: 'measure' });
      return link.isConnected();
    },
    questions: () => (link.isConnected() ? questions : null),
    serveOn: (timeout) => send({ act: 'serve-on', timeout }),
    keepMeasuring: (bounds) => send({ act: 'keep-measuring', bounds }),
  };
}

type Send = (message: ToAgent, handle?: object) => void;

function senderOf(link: Link, failed: LinkListener['failed']): Send {
  return (message, handle) => {
    if (!link.isConnected()) return;
    try {
      link.send(message, handle);
    } catch (error) {
      // Whoever waits for an answer has a time for it; nothing that was going on may end half-way.
      failed(`it could not be told "${message.act}"`, error);
    }
  };
}

/** @returns with `accept`, which says whether it has not accepted before */
function tenantOf(
  launch: Launch,
  send: Send,
  news: (news: WorkerNews) => void,
): { listener: Listener; accept: () => boolean } {
  let isReady = acceptsFrom(launch) === 'listening';
  const listener: Listener = {
    id: launch.id,
    app: launch.spec.name,
    revision: launch.spec.revision,
    slot: launch.slot,
    balance: balanceOf(launch),
    user: launch.spec.process.user,
    isReady: () => isReady,
    send: (message, handle) => {
      send(message, handle);
      if (message.act === 'socket' && message.errno === 0) news({ type: 'given' });
    },
    blocked: (on, trades) => news({ type: 'blocked', on, trades }),
  };
  const accept = (): boolean => {
    if (isReady) return false;
    isReady = true;
    send({ act: 'accept' });
    return true;
  };
  return { listener, accept };
}

/** The ways to its end. */
function endsOf({
  app,
  link,
  listener,
  sockets,
  send,
  news,
}: Parts): Pick<WorkerHandle, 'drain' | 'stop' | 'kill'> {
  /** What the app can be told to end by. */
  const way = (stop: StopSpec): StopSpec => ({ ...stop, message: stop.message && app.hearsMessages });
  const stop = ({ message, killSignal }: StopSpec): void => {
    app.isStopped = true;
    sockets.leave(listener.id);
    if (message && link.isConnected()) link.shutdown();
    else link.signal(killSignal);
  };
  return {
    drain: (spec) => {
      if (DRAIN_IS_OFF) return news({ type: 'drained' });
      sockets.leave(listener.id);
      // All that can be said to it is a signal, which it may drain at by itself.
      if (!link.isConnected()) return stop(spec);
      const { drainTimeout, killSignal, message } = way(spec);
      send({ act: 'drain', timeout: drainTimeout, hook: message ? 'message' : killSignal });
      send({ act: 'ping', about: 'released' });
    },
    stop: (spec) => stop(way(spec)),
    kill: () => link.kill(),
  };
}

interface Parts {
  readonly app: { hearsMessages: boolean; isStopped: boolean };
  readonly link: Link;
  readonly listener: Listener;
  readonly sockets: HeldSockets;
  readonly questions: Questions;
  readonly news: (news: WorkerNews) => void;
  readonly failed: LinkListener['failed'];
  readonly send: (message: ToAgent) => void;
}

function listenerOf(launch: Launch, parts: Parts, over: () => void): LinkListener {
  const { app, link, listener, sockets, questions, news, failed, send } = parts;
  const disconnected = (): void => void (app.hearsMessages = false);
  const speaker = new Speaker({ listener, sockets, questions, disconnected, news });
  const nonsense = new Nonsense(news);
  let hasEnded = false;
  return {
    ready: () => news({ type: 'message' }),
    said: (message, handle) => {
      // What it said last may be read after its end was noticed.
      if (hasEnded) return handle?.close();
      // Whoever is about to end would take connections that it has no time for: its `listen()` is not answered.
      if (app.isStopped && (message.act === 'socket' || message.act === 'datagrams')) return;
      try {
        if (!speaker.said(message, handle)) nonsense.came(`act "${message.act}"`);
      } catch (error) {
        failed(`its "${message.act}" could not be dealt with`, error);
      }
    },
    unheard: (what) => news({ type: 'unheard', what }),
    misunderstood: (what, seq) => {
      nonsense.came(what);
      // If that was a question, the app waits for its answer.
      if (seq !== null) send({ act: 'socket', seq, errno: EINVAL, key: null });
    },
    failed,
    unfit: (cause) => news({ type: 'unfit', cause }),
    // The agent never closes it: either this is the end, or nobody can speak with the worker any more.
    disconnected: () => {
      sockets.disconnected(launch.id);
      const closed = (): void => {
        if (!hasEnded && !link.hasEnded()) news({ type: 'unfit', cause: CLOSED });
      };
      // By then the end has been read, however late this process is.
      setTimeout(() => setImmediate(closed), CLOSED_AFTER).unref();
    },
    ended: (exit) => {
      over();
      hasEnded = true;
      nonsense.ended();
      sockets.ended(launch.id);
      news({ type: 'exited', exit });
    },
  };
}

export function acceptsFrom({ spec }: Launch): AgentConfig['accepts'] {
  return typeof spec.ready === 'object' ? 'ready' : 'listening';
}

export function balanceOf({ spec }: Launch): AgentConfig['balance'] {
  const { balance } = spec.process;
  return balance === 'auto' ? 'least-connections' : balance;
}
