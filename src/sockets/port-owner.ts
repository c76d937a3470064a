/** Whose an address is that cannot be bound, for people and for the decision whether to wait for it. */
import type { SocketQuery } from '../model/protocol.ts';
import { isDatagrams, nameOf } from './address.ts';
import { portHolder, type PortHolder } from './port-holder.ts';

/** A worker of ours. */
export interface Owner {
  readonly app: string;
  readonly slot: number;
  readonly revision: string;
}

/** Another supervisor of this user, or one that was, of which a process is known. */
export interface Runner {
  /** The ecosystem file. */
  readonly file: string;
  readonly pid: number;
  readonly isAlive: boolean;
}

export interface Taken {
  /** The worker whose process listens there; null if it is none of ours. */
  readonly owner: Owner | null;
  /** One sentence, for the app that cannot have it. */
  readonly reason: string;
}

/**
 * @param workerOf the worker that a process belongs to; null if it is none of ours
 * @param runnerOf the supervisor that a process is, or belongs to; null if it is none of this user's
 */
export function takenBy(
  app: string,
  query: SocketQuery,
  workerOf: (pid: number) => Owner | null,
  runnerOf: (pid: number) => Runner | null,
): Taken {
  const name = nameOf(query);
  if (query.port < 0) {
    const reason = `${name} exists already: if no process listens on it, delete the file`;
    return { owner: null, reason };
  }
  const holder = portHolder(query.port, isDatagrams(query) ? 'udp' : 'tcp');
  const owner = holder === null ? null : workerOf(holder.pid);
  if (owner === null) return { owner, reason: `${name} is taken by ${strangerText(holder, runnerOf)}` };
  const what =
    owner.app === app
      ? 'a worker of this very app: write `exec_mode: cluster`, or give each its own port with `increment_var`'
      : `a worker of app "${owner.app}": give one of them another port`;
  return { owner, reason: `${name} is taken by ${owner.app}:${owner.slot}, ${what}` };
}

/** None of our own workers. */
function strangerText(holder: PortHolder | null, runnerOf: (pid: number) => Runner | null): string {
  const runner = holder === null ? null : runnerOf(holder.pid);
  if (holder === null || runner === null) return holder?.name ?? 'another process';
  const { file, pid, isAlive } = runner;
  if (!isAlive)
    return `pid ${holder.pid}, which a supervisor of ${file} has left that died: cluster-up down -f ${file} ends it`;
  return `another supervisor of yours (pid ${pid}), which runs ${file}: cluster-up ls -f ${file} shows it`;
}
