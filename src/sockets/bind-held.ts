/** The sockets of a held address: bound for it, or had from another address of its app. */
import { covers, letsOthersIn, overlap } from './address.ts';
import type { bind, canReusePort } from './bind.ts';
import type { BoundSocket } from './bound-socket.ts';
import { giveBack, newSocket, portNow, type Held } from './held-socket.ts';

/** What is asked of the system. */
export interface Binding {
  readonly bind: typeof bind;
  readonly canReusePort: typeof canReusePort;
}

/**
 * Sees to it that the slot has its socket; returns a libuv error number, 0 for none.
 *
 * @param all held addresses: what is bound beside is the app's own, or that of one whose place it takes
 */
export function bindSlot(held: Held, slot: number, all: readonly Held[], binding: Binding): number {
  if (held.sockets.has(slot)) return 0;
  const handle = takeBack(held, all) ?? bindHeld(held, all, binding);
  if (typeof handle === 'number') return handle;
  held.sockets.set(slot, newSocket(handle));
  return 0;
}

/**
 * What no worker listens on any more, but some listen on more than that, is to be accepted from by those: closing it
 * would lose who queues there, and who is just connecting.
 *
 * @param all held addresses: who listens on more is the app, or one that takes its place
 */
export function widerAddress(held: Held, all: readonly Held[]): Held | undefined {
  if (held.query.port <= 0) return undefined;
  return all.find((other) => other !== held && other.listeners.size > 0 && covers(other.query, held.query));
}

/** One whose workers can answer what has come at this one, though other things come there as well. */
export function kindredAddress(held: Held, all: readonly Held[]): Held | undefined {
  return all.find((other) => other !== held && other.listeners.size > 0 && overlap(other.query, held.query));
}

/** The very socket, if it has been kept open for workers that listen on more. */
function takeBack({ query }: Held, all: readonly Held[]): BoundSocket | undefined {
  for (const other of all) {
    const handle = giveBack(other, query);
    if (handle !== undefined) return handle;
  }
  return undefined;
}

/**
 * SO_REUSEPORT would let a stranger's socket of the same user in unnoticed, so the first bind of a port is tried
 * without it.
 */
function bindHeld(held: Held, all: readonly Held[], { bind, canReusePort }: Binding): BoundSocket | number {
  const { query } = held;
  // It says itself how it can be had beside others.
  if (letsOthersIn(query)) return bind(query, false);
  const isFirst =
    query.port !== 0 && !all.some((other) => other.sockets.size > 0 && overlap(other.query, query));
  if (isFirst) {
    const alone = bind(query, false);
    if (typeof alone === 'number' || !canReusePort()) return alone;
    alone.close();
  }
  return bind({ ...query, port: portNow(held) }, canReusePort());
}
