/** Whose an address is that cannot be bound, for people and for the decision whether to wait for it. */
import type { ListenQuery } from '../model/protocol.ts';
import { nameOf } from './address.ts';
import { portHolder } from './port-holder.ts';

/** A worker of ours. */
export interface Owner {
  readonly app: string;
  readonly slot: number;
  readonly revision: string;
}

export interface Taken {
  /** The worker whose process listens there; null if it is none of ours. */
  readonly owner: Owner | null;
  /** One sentence, for the app that cannot have it. */
  readonly reason: string;
}

/** @param workerOf the worker that a process belongs to; null if it is none of ours */
export function takenBy(app: string, query: ListenQuery, workerOf: (pid: number) => Owner | null): Taken {
  const name = nameOf(query);
  if (query.port < 0) {
    const reason = `${name} exists already: if no process listens on it, delete the file`;
    return { owner: null, reason };
  }
  const holder = portHolder(query.port);
  const owner = holder === null ? null : workerOf(holder.pid);
  if (owner === null) return { owner, reason: `${name} is taken by ${holder?.name ?? 'another process'}` };
  const what =
    owner.app === app
      ? 'a worker of this very app: write `exec_mode: cluster`, or give each its own port with `increment_var`'
      : `a worker of app "${owner.app}": give one of them another port`;
  return { owner, reason: `${name} is taken by ${owner.app}:${owner.slot}, ${what}` };
}
