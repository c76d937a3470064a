/** How a process ended, with the last it said. */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Exit } from '../model/observed.ts';
import { systemReason } from '../model/text.ts';
import type { Launch, OutputSink } from './handle.ts';
import { pipeLines, Tail } from './lines.ts';
import { KernelKills, outOfMemory } from './out-of-memory.ts';
import { isForWant } from '../files/reserve.ts';
import { signalGroup } from './signal.ts';

/**
 * A process that left children behind keeps its pipes open after its end. Its replacement does not wait for them:
 * after this long, in ms, what has been read of its output must do.
 */
const OUTPUT_GRACE = 200;

const kernelKills = new KernelKills();

export interface Watch {
  /** The process has ended: what it left behind outside of its group is to end with it. */
  readonly left?: () => void;
  /** Something that belongs to its end could not be done. */
  readonly failed: (what: string, error: unknown) => void;
  /** Called exactly once, when it has ended or could not be started. */
  readonly done: (exit: Exit) => void;
}

/** Passes the output on and watches for the end. Returns what the process has written to stderr last. */
export function watchExit(
  child: ChildProcess,
  launch: Launch,
  sink: OutputSink,
  { left, failed, done }: Watch,
): () => readonly string[] {
  const tail = new Tail();
  if (child.stdout) pipeLines(child.stdout, launch, 'out', sink);
  if (child.stderr) pipeLines(child.stderr, launch, 'err', sink, tail);

  kernelKills.begin();
  let ended = false;
  const finish = (code: number | null, signal: string | null, spawnError: string | null): void => {
    if (ended) return;
    ended = true;
    const memory = outOfMemory({ code, signal }, tail.saysOutOfHeap, kernelKills);
    kernelKills.end();
    done({ code, signal, spawnError, stderr: tail.last.map(copied), ...memory });
  };
  child.once('exit', (code, signal) => {
    // What it left behind in its group ends with it.
    for (const end of [left, () => signalGroup(child.pid, 'SIGKILL')]) {
      try {
        end?.();
      } catch (error) {
        failed('what it left behind could not be ended', error);
      }
    }
    const grace = setTimeout(() => finish(code, signal, null), OUTPUT_GRACE);
    child.once('close', () => {
      clearTimeout(grace);
      finish(code, signal, null);
    });
  });
  child.on('error', (error) => {
    // After a start that worked, 'error' is about a signal or a message: the worker's exit says the rest.
    if (child.pid === undefined) finish(null, null, whyNotStarted(error, launch));
  });
  return () => tail.last;
}

/** A line is a view of the whole chunk it came in, which would be kept as long as the line. */
function copied(line: string): string {
  return Buffer.from(line).toString();
}

/** Why a process could not be started, in one clause. */
export function whyNotStarted(error: NodeJS.ErrnoException, { spec }: Launch): string {
  const { cwd, interpreter, script, user } = spec.process;
  const who = user === null ? '' : ` by user ${user.uid ?? 'unchanged'}, group ${user.gid ?? 'unchanged'}`;
  if (isForWant(error)) return 'too many files are open (see ulimit -n)';
  if (error.code === 'EAGAIN') return 'too many processes run (see ulimit -u)';
  if (error.code === 'ENOENT' && !existsSync(cwd)) return `its folder does not exist: ${cwd}`;
  // Node that was removed, or upgraded to another path, takes the workers' Node along.
  if (error.code === 'ENOENT' && interpreter === 'node' && !existsSync(process.execPath))
    return `the Node that runs cluster-up is gone: ${process.execPath}; put it back, or end cluster-up (cluster-up down) and start it with another Node`;
  const program = interpreter ?? script;
  if (error.code === 'ENOENT') return `the program "${program}" was not found`;
  if (error.code === 'ENOTDIR') return `something on the way to "${program}" or to ${cwd} is no folder`;
  if (error.code === 'ETXTBSY') return `"${program}" is being written to by somebody`;
  if (error.code === 'E2BIG')
    return 'its arguments and variables together are longer than the system takes: leave some out, or put them into a file';
  if (error.code === 'EACCES') return `"${program}" may not be executed${who}: check its permissions`;
  if (error.code === 'EPERM' && user !== null)
    return `it may not be run${who}: that takes the rights of root`;
  return systemReason(error);
}
