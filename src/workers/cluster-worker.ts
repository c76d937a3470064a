/** A worker of an app in cluster mode: the user's own script, forked by node:cluster, with the agent preloaded. */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { AGENT_ENV, CMD, type AgentConfig, type Envelope, type ToAgent } from '../model/protocol.ts';
import type { StopSpec } from '../model/spec.ts';
import { EINVAL } from './bind.ts';
import { environment } from './environment.ts';
import { watchExit } from './exit.ts';
import { DRAIN_IS_OFF } from './fault.ts';
import { forkDetached } from './fork-detached.ts';
import { judgeOfCluster } from './from-cluster.ts';
import { FLOODS, guard } from './guard.ts';
import type { Launch, OutputSink, WorkerHandle, WorkerNews } from './handle.ts';
import { identity } from './identity.ts';
import type { HeldSockets, Tenant } from './held-sockets.ts';
import { Nonsense } from './nonsense.ts';
import { Questions } from './questions.ts';
import { signal } from './signal.ts';
import { Speaker } from './speaker.ts';
import { Tree } from './tree.ts';

/** Why a worker is replaced whose descriptor of the channel is closed, one clause. */
const CLOSED = 'closed its channel to cluster-up';
/** A process that ends closes its channel first; it ends within this time, in ms. */
const CLOSED_AFTER = 250;

const AGENT = fileURLToPath(new URL('../agent/agent.cjs', import.meta.url));

/**
 * Starts a worker; whatever goes wrong is news of type `exited`.
 *
 * @param door where it waits for the next supervisor if this one dies; see `AgentConfig`
 */
export function startClusterWorker(
  launch: Launch,
  sockets: HeldSockets,
  door: string,
  sink: OutputSink,
  news: (news: WorkerNews) => void,
): WorkerHandle {
  const worker = fork(launch, door);
  const child = worker.process;
  // node:cluster repeats the process's errors here, where nobody else listens; watchExit hears the first ones.
  worker.on('error', () => {});
  const failed = (what: string, error: unknown): void => news({ type: 'failed', what, error });
  const send = (message: ToAgent, handle?: object): void => {
    if (!worker.isConnected()) return;
    try {
      // A worker that ends meanwhile is told of by its exit.
      child.send({ ...message, cmd: CMD } satisfies Envelope<ToAgent>, handle as never, () => {});
    } catch (error) {
      // Whoever waits for an answer has a time for it; nothing that was going on may end half-way.
      failed(`it could not be told "${message.act}"`, error);
    }
  };
  let isReady = acceptsFrom(launch) === 'listening';
  const tenant: Tenant = {
    id: launch.id,
    app: launch.spec.name,
    revision: launch.spec.revision,
    slot: launch.slot,
    balance: balanceOf(launch),
    user: launch.spec.process.user,
    isReady: () => isReady,
    send,
    blocked: (on) => news({ type: 'blocked', on }),
  };
  const questions = new Questions(send);
  let hearsMessages = true;
  const disconnected = (): void => void (hearsMessages = false);
  const speaker = new Speaker({ tenant, sockets, questions, disconnected, news });
  /** What the app can be told to end by. */
  const way = (stop: StopSpec): StopSpec => ({ ...stop, message: stop.message && hearsMessages });
  const nonsense = new Nonsense(news);
  let hasEnded = false;
  guard(child, {
    ready: () => news({ type: 'message' }),
    said: (message, handle) => {
      // What it said last may be read after its end was noticed.
      if (hasEnded) return handle?.close();
      try {
        if (!speaker.said(message, handle)) nonsense.came(`act "${message.act}"`);
      } catch (error) {
        failed(`its "${message.act}" could not be dealt with`, error);
      }
    },
    ofCluster: judgeOfCluster,
    misunderstood: (what, seq) => {
      nonsense.came(what);
      // If that was a question, the app waits for its answer.
      if (seq !== null) send({ act: 'socket', seq, errno: EINVAL, key: null });
    },
    flooded: () => news({ type: 'unfit', cause: FLOODS }),
  });
  // The agent never closes it: either this is the end, or nobody can speak with the worker any more.
  child.once('disconnect', () => {
    sockets.disconnected(launch.id);
    const closed = (): void => {
      if (!hasEnded && child.exitCode === null && child.signalCode === null)
        news({ type: 'unfit', cause: CLOSED });
    };
    // By then the end has been read, however late this process is.
    setTimeout(() => setImmediate(closed), CLOSED_AFTER).unref();
  });
  // Only a turning event loop answers; an app that never yields is not alive.
  const alive = setTimeout(() => send({ act: 'ping', about: 'alive' }), launch.spec.restart.minUptime);
  const lastWords = watchExit(child, launch, sink, {
    failed,
    done: (exit) => {
      clearTimeout(alive);
      hasEnded = true;
      nonsense.ended();
      // node:cluster forgets only those that have been there.
      Reflect.deleteProperty(cluster.workers ?? {}, worker.id);
      sockets.ended(launch.id);
      news({ type: 'exited', exit });
    },
  });
  return {
    pid: child.pid ?? null,
    accept: () => {
      if (isReady) return;
      isReady = true;
      send({ act: 'accept' });
      sockets.ready(tenant);
    },
    drain: (stop) => {
      if (DRAIN_IS_OFF) return news({ type: 'drained' });
      sockets.leave(launch.id);
      // All that can be said to it is a signal, which it may drain at by itself.
      if (!worker.isConnected()) return end(worker, stop);
      const { drainTimeout, killSignal, message } = way(stop);
      send({ act: 'drain', timeout: drainTimeout, hook: message ? 'message' : killSignal });
      send({ act: 'ping', about: 'released' });
    },
    stop: (stop) => end(worker, way(stop)),
    kill: () => {
      if (child.pid !== undefined) new Tree(child.pid).signal('SIGKILL');
    },
    lastWords,
    measure: () => {
      send({ act: 'measure' });
      return worker.isConnected();
    },
    questions: () => (worker.isConnected() ? questions : null),
    serveOn: (timeout) => send({ act: 'serve-on', timeout }),
    keepMeasuring: (bounds) => send({ act: 'keep-measuring', bounds }),
  };
}

function end(worker: Worker, stop: StopSpec): void {
  if (stop.message && worker.isConnected()) worker.process.send('shutdown', () => {});
  else signal(worker.process, stop.killSignal);
}

function configOf(launch: Launch, door: string): AgentConfig {
  const { name: app, stop } = launch.spec;
  return { balance: balanceOf(launch), accepts: acceptsFrom(launch), app, slot: launch.slot, stop, door };
}

function acceptsFrom({ spec }: Launch): AgentConfig['accepts'] {
  return typeof spec.ready === 'object' ? 'ready' : 'listening';
}

function balanceOf({ spec }: Launch): AgentConfig['balance'] {
  const { balance } = spec.process;
  return balance === 'auto' ? 'least-connections' : balance;
}

function fork(launch: Launch, door: string): Worker {
  const { script, args, cwd, interpreter, interpreterArgs } = launch.spec.process;
  cluster.setupPrimary({
    exec: script,
    args: [...args],
    cwd,
    execArgv: ['--require', AGENT, ...interpreterArgs],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    silent: true,
    // Settings stay for the next fork, unless they are said to be none.
    uid: undefined,
    gid: undefined,
    ...identity(launch.spec.process),
  });
  const env = { ...environment(launch), [AGENT_ENV]: JSON.stringify(configOf(launch, door)) };
  return forkDetached(interpreter === 'node' ? null : interpreter, () => cluster.fork(env));
}
