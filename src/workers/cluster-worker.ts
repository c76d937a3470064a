/** A worker of an app in cluster mode: the user's own script, forked by node:cluster, with the agent preloaded. */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { AGENT_ENV, CMD, type AgentConfig, type Envelope, type ToAgent } from '../model/protocol.ts';
import { AgentFiles } from './agent-files.ts';
import { acceptsFrom, attend, balanceOf, type Link } from './agent-worker.ts';
import { environment } from './environment.ts';
import { execArgv, InspectPorts } from './exec-argv.ts';
import { watchExit } from './exit.ts';
import { forkDetached } from './fork-detached.ts';
import { judgeOfCluster } from './from-cluster.ts';
import { FLOODS, guard } from './guard.ts';
import type { Launch, OutputSink, WorkerHandle, WorkerNews } from './handle.ts';
import { identity } from './identity.ts';
import { markOf, type Owner } from './mark.ts';
import type { HeldSockets } from '../sockets/held-sockets.ts';
import { signal } from './signal.ts';
import { Tree } from './tree.ts';

const ports = new InspectPorts();

let kept: AgentFiles | null = null;

/** From the first call on, workers get the agent as it was then, whatever becomes of it on disk. */
export function keepAgent(): AgentFiles {
  if (kept !== null) return kept;
  const files = new AgentFiles(fileURLToPath(new URL('../agent', import.meta.url)));
  process.once('exit', () => files.close());
  return (kept = files);
}

/**
 * Starts a worker; whatever goes wrong is news of type `exited`.
 */
export function startClusterWorker(
  launch: Launch,
  sockets: HeldSockets,
  owner: Owner,
  sink: OutputSink,
  news: (news: WorkerNews) => void,
): WorkerHandle {
  const inspectPort = ports.take(launch.spec.process.interpreterArgs);
  const worker = fork(launch, owner, inspectPort);
  // node:cluster repeats the process's errors here, where nobody else listens; watchExit hears the first ones.
  worker.on('error', () => {});
  worker.process.once('exit', () => ports.release(inspectPort));
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
    listen: ({ ready, said, unheard, misunderstood, failed, unfit, disconnected, ended }) => {
      const flooded = (): void => unfit(FLOODS);
      guard(child, { ready, said, unheard, misunderstood, flooded, ofCluster: judgeOfCluster });
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

function configOf(launch: Launch, { rendezvous }: Owner): AgentConfig {
  const { name: app, stop } = launch.spec;
  return {
    balance: balanceOf(launch),
    accepts: acceptsFrom(launch),
    app,
    slot: launch.slot,
    stop,
    rendezvous,
  };
}

function fork(launch: Launch, owner: Owner, inspectPort: number | undefined): Worker {
  const { script, args, cwd, interpreter, interpreterArgs } = launch.spec.process;
  cluster.setupPrimary({
    exec: script,
    args: [...args],
    cwd,
    execArgv: execArgv(keepAgent().entry, interpreterArgs),
    inspectPort,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    silent: true,
    // Settings stay for the next fork, unless they are said to be none.
    uid: undefined,
    gid: undefined,
    ...identity(launch.spec.process),
  });
  const env = {
    ...environment(launch),
    ...markOf(launch, owner),
    [AGENT_ENV]: JSON.stringify(configOf(launch, owner)),
  };
  return forkDetached(interpreter === 'node' ? null : interpreter, () => cluster.fork(env));
}
