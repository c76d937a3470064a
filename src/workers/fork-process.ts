/** A process of an app in fork mode: any program, started on its own, without the agent. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { ProcessSpec } from '../model/spec.ts';
import { environment } from './environment.ts';
import { identity } from './identity.ts';
import { watchExit } from './exit.ts';
import { FLOODS, guard } from './guard.ts';
import type { Launch, OutputSink, WorkerHandle, WorkerNews } from './handle.ts';
import { isSuspicious, withEscaped } from './background.ts';
import { markOf, type Owner } from './mark.ts';
import { Nonsense } from './nonsense.ts';
import { processOf } from './proc.ts';
import { Tree } from './tree.ts';

/** Starts a process; whatever goes wrong is news of type `exited`. */
export function startForkProcess(
  launch: Launch,
  owner: Owner,
  sink: OutputSink,
  news: (news: WorkerNews) => void,
): WorkerHandle {
  const { spec } = launch;
  const child = spawned(launch, owner);
  const nonsense = hear(child, news);
  const alive = setTimeout(() => news({ type: 'alive' }), spec.restart.minUptime);
  const tree = child.pid === undefined ? null : new Tree(child.pid);
  const leader = child.pid === undefined ? null : processOf(child.pid);
  let isAsked = false;
  const lastWords = watchExit(child, launch, sink, {
    // What it left behind ends with it.
    left: () => tree?.signal('SIGKILL'),
    failed: (what, error) => news({ type: 'failed', what, error }),
    done: (exit) => {
      clearTimeout(alive);
      nonsense.ended();
      const isLeft = leader !== null && !isAsked && isSuspicious(exit, leader, spec);
      news({ type: 'exited', exit: isLeft ? withEscaped(exit, leader, spec.process) : exit });
    },
  });
  return {
    pid: child.pid ?? null,
    // Its sockets are its own, so there is nothing to take it out of.
    drain: () => news({ type: 'drained' }),
    stop: (stop) => {
      isAsked = true;
      if (stop.message && child.connected) child.send('shutdown', () => {});
      else tree?.signal(stop.killSignal);
    },
    kill: () => {
      isAsked = true;
      tree?.signal('SIGKILL');
    },
    lastWords,
  };
}

function spawned(launch: Launch, owner: Owner): ChildProcess {
  const program = launch.spec.process;
  const [file, args] = command(program);
  return spawn(file, args, {
    cwd: program.cwd,
    env: { ...process.env, ...environment(launch), ...markOf(launch, owner) },
    shell: program.shell,
    ...identity(program),
    stdio: ['ignore', 'pipe', 'pipe', ...(speaksIpc(launch) ? (['ipc'] as const) : [])],
    // A group of its own: Ctrl-C does not reach it, and it can be ended with all it started.
    detached: true,
  });
}

/** What it says over its channel; what we do not understand is counted. */
function hear(child: ChildProcess, news: (news: WorkerNews) => void): Nonsense {
  const nonsense = new Nonsense(news);
  guard(child, {
    ready: () => news({ type: 'message' }),
    unheard: (what) => news({ type: 'unheard', what }),
    misunderstood: (what) => nonsense.came(what),
    flooded: () => news({ type: 'unfit', cause: FLOODS }),
  });
  return nonsense;
}

/** Node programs get a channel, as PM2 gives them one; others only where the file needs one to talk to them. */
function speaksIpc({ spec }: Launch): boolean {
  const { interpreter, shell } = spec.process;
  if (shell) return false;
  const isNode = interpreter !== null && path.basename(interpreter) === 'node';
  return isNode || spec.ready === 'message' || spec.stop.message;
}

function command(spec: ProcessSpec): [file: string, args: readonly string[]] {
  if (spec.interpreter === null) return [spec.script, spec.args];
  // The Node that runs the supervisor, not one that PATH happens to name.
  const file = spec.interpreter === 'node' ? process.execPath : spec.interpreter;
  return [file, [...spec.interpreterArgs, spec.script, ...spec.args]];
}
