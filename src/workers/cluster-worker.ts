/** A worker of an app in cluster mode: the user's own script, forked by node:cluster, with the agent preloaded. */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { AGENT_ENV, CMD, type AgentConfig, type Envelope, type ToAgent } from '../model/protocol.ts';
import { acceptsFrom, attend, balanceOf, type Link } from './agent-worker.ts';
import { environment } from './environment.ts';
import { watchExit } from './exit.ts';
import { forkDetached } from './fork-detached.ts';
import { judgeOfCluster } from './from-cluster.ts';
import { FLOODS, guard } from './guard.ts';
import type { Launch, OutputSink, WorkerHandle, WorkerNews } from './handle.ts';
import { identity } from './identity.ts';
import type { HeldSockets } from '../sockets/held-sockets.ts';
import { signal } from './signal.ts';
import { Tree } from './tree.ts';

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
  // node:cluster repeats the process's errors here, where nobody else listens; watchExit hears the first ones.
  worker.on('error', () => {});
  return attend(linkTo(worker, launch, sink), launch, sockets, news);
}

function linkTo(worker: Worker, launch: Launch, sink: OutputSink): Link {
  const child = worker.process;
  return {
    pid: child.pid ?? null,
    isConnected: () => worker.isConnected(),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    send: (message, handle) =>
      child.send({ ...message, cmd: CMD } satisfies Envelope<ToAgent>, handle as never, () => {}),
    shutdown: () => child.send('shutdown', () => {}),
    signal: (name) => signal(child, name),
    kill: () => {
      if (child.pid !== undefined) new Tree(child.pid).signal('SIGKILL');
    },
    listen: ({ ready, said, misunderstood, failed, unfit, disconnected, ended }) => {
      const flooded = (): void => unfit(FLOODS);
      guard(child, { ready, said, misunderstood, flooded, ofCluster: judgeOfCluster });
      child.once('disconnect', disconnected);
      return watchExit(child, launch, sink, {
        failed,
        done: (exit) => {
          // node:cluster forgets only those that have been there.
          Reflect.deleteProperty(cluster.workers ?? {}, worker.id);
          ended(exit);
        },
      });
    },
  };
}

function configOf(launch: Launch, door: string): AgentConfig {
  const { name: app, stop } = launch.spec;
  return { balance: balanceOf(launch), accepts: acceptsFrom(launch), app, slot: launch.slot, stop, door };
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
