/** The one place that changes how node:child_process starts a process, for as long as `cluster.fork` takes. */
import { ChildProcess } from 'node:child_process';
import type { Worker } from 'node:cluster';

/** What node:child_process passes to the method that starts a process. */
interface SpawnOptions {
  readonly file: string;
  /** The first is the name of the program. */
  readonly args: readonly string[];
}

/**
 * `cluster.fork` passes neither `detached` nor another Node on, so they are added on the way. A group of its own: a
 * terminal sends Ctrl-C to its whole foreground group, which would end the workers with requests in flight before the
 * supervisor could drain them.
 *
 * @param node the path of another Node than ours, or null
 */
export function forkDetached(node: string | null, fork: () => Worker): Worker {
  const prototype = ChildProcess.prototype as unknown as { spawn: (options: SpawnOptions) => unknown };
  const { spawn } = prototype;
  prototype.spawn = function (options: SpawnOptions) {
    const other = node === null ? {} : { file: node, args: [node, ...options.args.slice(1)] };
    return spawn.call(this, { ...options, ...other, detached: true });
  };
  try {
    return fork();
  } finally {
    prototype.spawn = spawn;
  }
}
