/** One address that is held: its sockets, the workers that listen on it, and who accepts from which socket. */
import type { SocketQuery } from '../model/protocol.ts';
import { isDatagrams, sameQuery } from './address.ts';
import { Acceptor } from './acceptor.ts';
import { portOf, type BoundHandle } from './bind.ts';
import type { BoundSocket } from './bound-socket.ts';
import type { Listener } from './listener.ts';
import { Shares } from './shares.ts';

/** One address. */
export interface Held {
  readonly key: string;
  readonly query: SocketQuery;
  app: string;
  /** Another app that has it beside its own one, whose place it takes: it has it alone once that is gone. */
  successor: string | null;
  /** By slot; `SHARED` where all workers have one, and below that those that came from another address. */
  readonly sockets: Map<number, SlotSocket>;
  readonly listeners: Map<number, Attached>;
  /** Workers that have been told to let go of it, and have not said yet that they have. */
  readonly leaving: Set<number>;
  /** Process ids of orphans that have it open: a worker of this supervisor cannot have what they have in another way. */
  readonly orphans: Set<number>;
  /** For listeners with `balance: least-connections`. */
  readonly shares: Shares;
  /** Once there was a listener for which this process accepts. */
  acceptor: Acceptor | null;
  /** Runs after the app itself closed its last server here. */
  closing: { readonly timer: NodeJS.Timeout; readonly by: number } | null;
  /** Its app gives it up to another one as soon as its workers have let go of it. */
  isTraded: boolean;
  /** A worker has listened on it, so that connections may wait there. */
  hasListened: boolean;
}
interface SlotSocket {
  readonly handle: BoundSocket;
  /** What it was bound for, where another address has taken it over and it is known. */
  readonly from: SocketQuery | null;
  /** Workers that accept from it besides those of its slot. */
  lentTo: readonly Listener[];
}
interface Attached {
  readonly listener: Listener;
  readonly slot: number;
  listening: boolean;
}

export const SHARED = -1;

/** Of all connections that this process has accepted. */
const SEQS = { last: 0 };

export function newHeld(key: string, app: string, query: SocketQuery): Held {
  return {
    key,
    query,
    app,
    successor: null,
    sockets: new Map(),
    listeners: new Map(),
    leaving: new Set(),
    orphans: new Set(),
    shares: new Shares(key),
    acceptor: null,
    closing: null,
    isTraded: false,
    hasListened: false,
  };
}

export function newSocket(handle: BoundSocket, from: SocketQuery | null = null): SlotSocket {
  return { handle, from, lentTo: [] };
}

/** Nobody has it open but this process. */
export function isIdle({ listeners, leaving, orphans }: Held): boolean {
  return listeners.size === 0 && leaving.size === 0 && orphans.size === 0;
}

/** Whether this process accepts for the worker. The clients of a unix socket have no address to tell them apart by. */
export function isFed({ balance }: Pick<Listener, 'balance'>, query: SocketQuery): boolean {
  if (isDatagrams(query)) return false;
  return balance === 'round-robin' || (balance === 'sticky' && query.port >= 0);
}

/** A worker accepts from now on. */
export function startAccepting(held: Held, listener: Listener): void {
  if (listener.balance === 'least-connections' && !isDatagrams(held.query)) held.shares.join(listener);
  if (isFed(listener, held.query)) held.acceptor?.join(listener);
  else held.acceptor?.review();
  coverSlots(held);
}

/** A worker accepts no more; false if it never had the address. */
export function stopAccepting(held: Held, id: number): boolean {
  if (!held.listeners.delete(id)) return false;
  held.shares.leave(id);
  held.acceptor?.leave(id);
  for (const socket of held.sockets.values())
    socket.lentTo = socket.lentTo.filter((listener) => listener.id !== id);
  coverSlots(held);
  return true;
}

/** Datagrams are read from when the socket is bound, whether the worker is ready or not. */
function accepting({ listeners, query }: Held): Attached[] {
  const all = [...listeners.values()];
  return all.filter(({ listener, listening }) => listening && (isDatagrams(query) || listener.isReady()));
}

/** Workers that need nobody to accept for them. */
function selfAccepting(held: Held): Listener[] {
  const all = accepting(held).filter(({ listener }) => !isFed(listener, held.query));
  return all.map(({ listener }) => listener);
}

/**
 * Lends each socket that no worker of its slot accepts from to a neighbour, and takes back the others. One that came
 * from another address has no slot: all workers accept from it. What nobody does, this process accepts from if it
 * accepts at all.
 */
export function coverSlots(held: Held): void {
  const all = accepting(held);
  const everyone = selfAccepting(held);
  const fed = new Map<number, BoundSocket>();
  for (const [slot, socket] of held.sockets) {
    const isOwned = all.some((attached) => attached.slot === slot);
    const [lent] = socket.lentTo;
    const wanted = isOwned ? [] : slot < SHARED ? everyone : [lent ?? everyone[0] ?? []].flat();
    for (const listener of socket.lentTo)
      if (!wanted.includes(listener)) listener.send({ act: 'return', key: held.key, slot });
    for (const listener of wanted)
      if (!socket.lentTo.includes(listener))
        listener.send({ act: 'lend', key: held.key, slot }, socket.handle);
    socket.lentTo = wanted;
    if (slot === SHARED || (!isOwned && wanted.length === 0)) fed.set(slot, socket.handle);
  }
  held.acceptor?.acceptFrom(fed);
}

/** The sockets of `narrow`, with what queues there, are accepted from by the workers of `wide` from now on. */
export function inherit(wide: Held, narrow: Held): void {
  for (const { handle, from } of narrow.sockets.values()) {
    const slot = Math.min(SHARED, ...wide.sockets.keys()) - 1;
    wide.sockets.set(slot, newSocket(handle, from ?? narrow.query));
  }
  narrow.sockets.clear();
  handOnPending(narrow, wide);
  wide.hasListened ||= narrow.hasListened;
  coverSlots(wide);
}

/** What this process has accepted at one address goes to workers that listen on another one. */
export function handOnPending({ acceptor }: Held, to: Held): void {
  if (acceptor !== null) acceptorOf(to).takeOver(acceptor);
}

function acceptorOf(held: Held): Acceptor {
  held.acceptor ??= new Acceptor(held.key, () => selfAccepting(held)[0], SEQS);
  return held.acceptor;
}

/** Takes a socket out that was bound for this very query and inherited since; undefined if there is none. */
export function giveBack(wide: Held, query: SocketQuery): BoundSocket | undefined {
  for (const [slot, { handle, from, lentTo }] of wide.sockets) {
    if (from === null || !sameQuery(from, query)) continue;
    for (const listener of lentTo) listener.send({ act: 'return', key: wide.key, slot });
    wide.sockets.delete(slot);
    coverSlots(wide);
    return handle;
  }
  return undefined;
}

/** Hands a worker the socket of this slot, and what its balance needs besides. */
export function handOut(held: Held, listener: Listener, seq: number, slot: number): void {
  const { key } = held;
  const handle = held.sockets.get(slot)?.handle;
  if (handle === undefined) return;
  if (isFed(listener, held.query)) {
    acceptorOf(held);
    coverSlots(held);
  }
  handle.restore?.();
  listener.send({ act: 'socket', seq, errno: 0, key, slot }, handle);
  if (listener.balance === 'least-connections' && !isDatagrams(held.query)) {
    // Two, so that the answer to a pause may come after the next one.
    for (const act of ['duplicate', 'duplicate'] as const) listener.send({ act, key, slot }, handle);
  }
}

export function keepOpen(held: Held): void {
  clearTimeout(held.closing?.timer);
  held.closing = null;
}

export function close(held: Held): void {
  keepOpen(held);
  for (const { handle } of held.sockets.values()) handle.close();
  held.acceptor?.close();
}

/** With port 0 the first bind chooses; the other slots of the same address follow it. */
export function portNow(held: Held): number {
  const [first] = held.sockets.values();
  return first === undefined ? held.query.port : (portOf(first.handle) ?? held.query.port);
}

/** The apps of the workers that have it open. */
export function appsOf({ listeners }: Held): string[] {
  return [...listeners.values()].map(({ listener }) => listener.app);
}

/** What a worker sends back is used only if it is a socket of the same kind, and with TCP on the same port. */
export function isCopy(copy: Partial<BoundHandle>, own: BoundSocket | undefined): boolean {
  if (own === undefined || typeof copy.listen !== 'function') return false;
  return copy.constructor === own.constructor && portOf(copy as BoundHandle) === portOf(own);
}
