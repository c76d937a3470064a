/** Who gets the next connection where the supervisor accepts: in turn, or by the client's address. Pure. */
import type { Balance } from '../model/spec.ts';
import { preferred } from './rendezvous-hash.ts';

/** A worker that takes connections. */
export interface Candidate {
  readonly slot: number;
  /** Connections that it was sent and has not said anything about. */
  readonly untaken: number;
  /** It was full, and has not taken enough of what it was sent since. */
  readonly isFull: boolean;
  /** When it was sent one last: a number that counts up. */
  readonly sentAt: number;
}

/** How many connections nobody has taken yet, of all workers together. */
export const MAX_PENDING = 1024;

/**
 * Whether a worker gets no more for now: from a part of all that may be pending, until it has taken half of that. So
 * one that is blocked holds up nobody else. In turn, a worker is sent one at a time, as in node:cluster.
 */
export function isFull(
  { untaken, isFull: was }: Pick<Candidate, 'untaken' | 'isFull'>,
  balance: Balance,
  workers: number,
): boolean {
  const most = balance === 'sticky' ? Math.max(1, Math.floor(MAX_PENDING / workers)) : 1;
  return was ? untaken > most / 2 : untaken >= most;
}

/**
 * Undefined where all are full, or there is none.
 *
 * @param candidates in the order in which they began to listen: while a worker and its successor both do, it is the
 * older one, which knows the client, until it leaves
 * @param address of the client
 */
export function nextWorker<C extends Candidate>(
  candidates: readonly C[],
  balance: Balance,
  address: string,
): C | undefined {
  const free = candidates.filter((candidate) => !candidate.isFull);
  if (balance !== 'sticky') return longestWithout(free);
  const slot = preferred(
    address,
    free.map((candidate) => candidate.slot),
  );
  return free.find((candidate) => candidate.slot === slot);
}

function longestWithout<C extends Candidate>(free: readonly C[]): C | undefined {
  const [first] = free;
  return free.reduce((best, each) => (best !== undefined && each.sentAt < best.sentAt ? each : best), first);
}
