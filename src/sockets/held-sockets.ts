/**
 * The listening sockets of all apps. The supervisor binds them and keeps them open but never accepts: each worker
 * accepts for itself from the socket it was handed. So the accept queue outlives every worker.
 *
 * An address belongs to one app. Under `balance: kernel` it has one socket per slot, and while a slot has no
 * listening worker, a neighbour accepts from that slot's socket too, since the kernel goes on filling its queue.
 */
import { includesPort, type PortRange } from '../model/ports.ts';
import type { DatagramQuery, ListenQuery, Offer } from '../model/protocol.ts';
import { overlap } from './address.ts';
import { EADDRINUSE, type BoundHandle } from './bind.ts';
import { HeldDatagrams } from './held-datagrams.ts';
import { HeldMap } from './held-map.ts';
import {
  adopted,
  appsOf,
  coverSlots,
  isCopy,
  isIdle,
  keepOpen,
  startAccepting,
  stopAccepting,
  newSocket,
  SHARED,
  type Held,
} from './held-socket.ts';
import type { Listener } from './listener.ts';
import { SocketRequests, SYSTEM, type SocketRequestsOptions, type System } from './socket-requests.ts';
import { handOver, withdraw } from './succession.ts';

export interface HeldSocketsOptions extends SocketRequestsOptions {
  /** Whether another app is on its way that names this port: what this one leaves is kept open for it. */
  readonly isAwaited: (app: string, port: number) => boolean;
}

export class HeldSockets {
  readonly #held = new HeldMap();
  readonly #datagrams: HeldDatagrams;
  readonly #requests: SocketRequests;
  readonly #options: HeldSocketsOptions;
  /** Given up, and nobody has taken it. */
  readonly #left = new Set<Held>();

  constructor(options: HeldSocketsOptions, system: System = SYSTEM) {
    this.#options = options;
    this.#datagrams = new HeldDatagrams(options);
    this.#requests = new SocketRequests(this.#held, options, system);
  }

  /** Answers `datagrams`. */
  datagrams(listener: Listener, seq: number, query: DatagramQuery): void {
    this.#datagrams.socket(listener, seq, query);
  }

  /**
   * Takes what an orphan of the app has handed on, to be had by the app's workers as if it had been bound here. False
   * if that is held already, as all orphans with one socket hand on the same.
   *
   * @param orphan its process id; it has the socket open until `orphanReleased`
   */
  adopt(app: string, offer: Offer, handle: object, orphan: number): boolean {
    if (offer.kind === 'datagrams') return this.#datagrams.adopt(app, offer.query, handle as BoundHandle);
    const { query, slot } = offer;
    const isTaken = this.#held.all.some((other) => other.app !== app && overlap(other.query, query));
    const held = isTaken ? null : (this.#held.known(app, query) ?? this.#held.add(app, query));
    if (held === null) return false;
    held.orphans.add(orphan);
    if (held.sockets.has(slot)) return false;
    held.sockets.set(slot, newSocket(adopted(handle as BoundHandle, query)));
    held.hasListened = true;
    coverSlots(held);
    return true;
  }

  /** Answers `socket`: binds where need be and hands the worker its socket. */
  socket(listener: Listener, seq: number, query: ListenQuery): void {
    this.#requests.ask({ listener, seq, query });
  }

  /** Answers `socket` with no; says why, in one sentence. */
  deny(listener: Listener, seq: number, query: ListenQuery, why: string): void {
    this.#requests.deny({ listener, seq, query }, why);
  }

  /** A worker listens on its socket. */
  listening(listener: Listener, key: string): void {
    const held = this.#held.get(key);
    const attached = held?.listeners.get(listener.id);
    if (held === undefined || attached === undefined) return;
    attached.listening = true;
    held.hasListened = true;
    if (listener.isReady()) startAccepting(held, listener);
  }

  /** A worker now accepts where it listens. */
  ready(listener: Listener): void {
    for (const held of this.#held.all)
      if (held.listeners.get(listener.id)?.listening === true) startAccepting(held, listener);
  }

  /** The worker's connections, under least-connections. */
  opened(listener: Listener, key: string, open: number): void {
    this.#held.get(key)?.shares.opened(listener.id, open);
  }

  /** The worker has let go of its socket for a while, and needs a copy to do so again. */
  paused(listener: Listener, key: string, open: number): void {
    const held = this.#held.get(key);
    const handle = held?.sockets.get(SHARED)?.handle;
    if (held?.listeners.has(listener.id) !== true || handle === undefined) return;
    listener.send({ act: 'duplicate', key, slot: SHARED }, handle);
    held.shares.opened(listener.id, open);
  }

  /** A copy of the socket, to accept from in this process. */
  copied(listener: Listener, key: string, slot: number, copy: BoundHandle): void {
    const held = this.#held.get(key);
    const isItsOwn =
      held?.listeners.has(listener.id) === true && isCopy(copy, held.sockets.get(slot)?.handle);
    if (held?.acceptor == null || !isItsOwn) copy.close();
    else held.acceptor.copied(listener.id, slot, copy);
  }

  /** Whether the worker has taken a connection. */
  took(listener: Listener, key: string, seq: number, accepted: boolean): void {
    this.#held.get(key)?.acceptor?.took(listener.id, seq, accepted);
  }

  /** `listen()` failed in the worker: says who has the address. */
  listenFailed(listener: Listener, query: ListenQuery, errno: number): void {
    const isItsOwn = this.#held.known(listener.app, query)?.listeners.has(listener.id) === true;
    if (errno === EADDRINUSE && isItsOwn) this.#requests.listenFailed(listener, query);
  }

  /** The app closed its server. */
  closed(listener: Listener, key: string): void {
    this.#datagrams.closed(listener.id, key);
    const held = this.#held.get(key);
    if (held === undefined || !stopAccepting(held, listener.id)) return;
    this.#held.closeSoon(held, listener.id);
    this.review();
  }

  /** A worker accepts no more: it was told to drain. It may have its sockets open until `released`. */
  leave(id: number): void {
    this.#datagrams.leave(id);
    this.#requests.drop(id);
    for (const held of this.#held.all) {
      const wasThere = stopAccepting(held, id);
      if (held.closing?.by === id) keepOpen(held);
      if (!wasThere) continue;
      held.leaving.add(id);
      if (held.listeners.size === 0) this.#held.leave(held, this.#options.isStaying(held.app));
    }
  }

  /** A worker has closed its channel: it says nothing any more, and can be sent nothing. */
  disconnected(id: number): void {
    for (const held of this.#held.all) held.acceptor?.ended(id);
  }

  /** A worker that was told to drain has let go of its sockets. */
  released(id: number): void {
    for (const held of this.#held.all) held.leaving.delete(id);
    this.review();
  }

  /** An orphan has let go of its sockets, or has ended. */
  orphanReleased(pid: number): void {
    for (const held of this.#held.all) held.orphans.delete(pid);
    this.review();
  }

  /** Who has a port that a program could not have, in one sentence. */
  whoHas(app: string, port: number): string {
    return this.#requests.takenBy(app, { address: null, port, addressType: 4, flags: 0, index: 0 }).reason;
  }

  /** A worker has ended. */
  ended(id: number): void {
    this.leave(id);
    for (const held of this.#held.all) held.acceptor?.ended(id);
    this.released(id);
    // Nobody can wait where nobody has ever listened.
    for (const held of this.#held.all) if (!held.hasListened && isIdle(held)) this.#held.close(held);
  }

  /** What waits may not have to any more: a process in fork mode has ended, or a rollout has. */
  review(): void {
    this.#requests.askAgain();
    for (const held of this.#left) this.#closeLeft(held);
  }

  /** Closes what no worker of the app accepts from any more; called once its rollout is complete. */
  settle(app: string): void {
    this.#datagrams.settle(app);
    for (const held of this.#held.all) if (!appsOf(held).includes(app)) withdraw(held, app);
    this.#handOver(app);
    this.#giveUp(this.#held.of(app).filter(({ listeners }) => listeners.size === 0));
  }

  /** Closes all that the app had, as a program of it will bind that for itself. */
  close(app: string): void {
    this.#datagrams.release(app);
    for (const held of this.#held.of(app)) this.#held.close(held);
    this.review();
  }

  /** Closes what no worker of the app has, on these ports; null is on all. Another app needs it in its own way. */
  clear(app: string, ports: PortRange | null): void {
    this.#datagrams.clear(app, ports);
    for (const held of this.#held.of(app))
      if (isIdle(held) && includesPort(ports, held.query.port)) this.#held.close(held);
  }

  /** Closes all that the app had, but for what another one has taken over from it. */
  release(app: string): void {
    this.#datagrams.release(app);
    for (const held of this.#held.all) withdraw(held, app);
    this.#handOver(app);
    this.#giveUp(this.#held.of(app));
  }

  #handOver(app: string): void {
    for (const held of this.#held.of(app)) handOver(held, appsOf(held), this.#options);
  }

  /** To those that wait for it, with what queues there; what nobody waits for is closed. */
  #giveUp(all: readonly Held[]): void {
    for (const held of all) held.isTraded = true;
    this.review();
    for (const held of all) {
      if (!held.isTraded || this.#held.get(held.key) === undefined) continue;
      if (held.listeners.size > 0) this.#held.close(held);
      else if (!this.#held.leave(held)) this.#left.add(held);
    }
    this.review();
  }

  /** As soon as no app is on its way that may ask for it. */
  #closeLeft(held: Held): void {
    const isLeft = this.#held.get(held.key) !== undefined && held.isTraded;
    if (isLeft && this.#options.isAwaited(held.app, held.query.port)) return;
    if (isLeft) this.#held.close(held);
    this.#left.delete(held);
  }
}
