/**
 * The listening sockets of all apps, and those for datagrams. The supervisor binds them and keeps them open but never
 * accepts or reads: each worker does so for itself from the socket it was handed. So what queues there outlives every
 * worker; node:cluster's own sharing ends with the last one.
 *
 * An address belongs to one app. Under `balance: kernel` it has one socket per slot, and while a slot has no
 * listening worker, a neighbour accepts from that slot's socket too, since the kernel goes on filling its queue.
 */
import { includesPort, type PortRange } from '../model/ports.ts';
import type { ListenQuery, Offer, SocketQuery } from '../model/protocol.ts';
import { isDatagrams, letsOthersIn, overlap } from './address.ts';
import { adopted } from './adopted-socket.ts';
import { EADDRINUSE, type BoundHandle } from './bind.ts';
import type { BoundSocket } from './bound-socket.ts';
import { HeldMap } from './held-map.ts';
import {
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
  /** Whether somebody is on the way who may ask for this port: what the app leaves is kept open for that one. */
  readonly isAwaited: (app: string, port: number) => boolean;
}

export class HeldSockets {
  readonly #held = new HeldMap();
  readonly #requests: SocketRequests;
  readonly #options: HeldSocketsOptions;
  /** Given up, and nobody has taken it. */
  readonly #left = new Set<Held>();

  constructor(options: HeldSocketsOptions, system: System = SYSTEM) {
    this.#options = options;
    this.#requests = new SocketRequests(this.#held, options, system);
  }

  /**
   * Takes what an orphan of the app has handed on, to be had by the app's workers as if it had been bound here. False
   * if that is held already, as all orphans with one socket hand on the same.
   *
   * @param orphan its process id; it has the socket open until `orphanReleased`
   */
  adopt(app: string, offer: Offer, handle: object, orphan: number): boolean {
    const { query } = offer;
    const slot = offer.kind === 'socket' ? offer.slot : SHARED;
    const others = this.#held.all.filter((other) => other.app !== app && overlap(other.query, query));
    // Nobody can bind what it has, whoever's that is.
    for (const other of others) other.orphans.add(orphan);
    if (others.length > 0 && !letsOthersIn(query)) return false;
    const held = this.#held.known(app, query) ?? this.#held.add(app, query);
    held.orphans.add(orphan);
    if (held.sockets.has(slot)) return false;
    held.sockets.set(slot, newSocket(adopted(handle as BoundSocket, query)));
    held.hasListened = true;
    coverSlots(held);
    return true;
  }

  /** Answers `socket` and `datagrams`: binds where need be and hands the worker its socket. */
  socket(listener: Listener, seq: number, query: SocketQuery): void {
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
    // It did so before it was told to drain: who connected meanwhile waits.
    if (held?.leaving.has(listener.id) === true) held.hasListened = true;
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
    this.#held.took(key, listener.id, seq, accepted);
  }

  /** `listen()` failed in the worker: says who has the address. */
  listenFailed(listener: Listener, query: ListenQuery, errno: number): void {
    const isItsOwn = this.#held.known(listener.app, query)?.listeners.has(listener.id) === true;
    if (errno === EADDRINUSE && isItsOwn) this.#requests.listenFailed(listener, query);
  }

  /** The app closed its server, or its socket for datagrams. */
  closed(listener: Listener, key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    if (stopAccepting(held, listener.id)) this.#held.closeSoon(held, listener.id);
    else if (!isDatagrams(held.query) || !held.leaving.delete(listener.id)) return;
    this.review();
  }

  /** A worker accepts no more: it was told to drain. It may have its sockets open until `released`. */
  leave(id: number): void {
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

  /** A worker that was told to drain has let go of what it listens on. It answers what has come as datagrams. */
  released(id: number): void {
    for (const held of this.#held.all) if (!isDatagrams(held.query)) held.leaving.delete(id);
    this.review();
  }

  /** The same of an orphan; or it has ended. */
  orphanReleased(pid: number, hasEnded: boolean): void {
    for (const held of this.#held.all) if (hasEnded || !isDatagrams(held.query)) held.orphans.delete(pid);
    this.review();
  }

  /** Who has a port that a worker could not have, in one sentence; null where its own app has it. */
  whoHas(app: string, port: number): string | null {
    const held = this.#held.all.find(({ query }) => query.port === port && !isDatagrams(query));
    if (held?.app === app) return null;
    if (held !== undefined) return `port ${port} belongs to app "${held.app}": give one of them another`;
    return this.#requests.takenBy(app, { address: null, port, addressType: 4, flags: 0, index: 0 }).reason;
  }

  /** A worker has ended. */
  ended(id: number): void {
    this.leave(id);
    for (const held of this.#held.all) {
      held.acceptor?.ended(id);
      held.leaving.delete(id);
    }
    this.review();
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
    for (const held of this.#held.all) if (!appsOf(held).includes(app)) withdraw(held, app);
    this.#handOver(app);
    this.#giveUp(this.#held.of(app).filter(({ listeners }) => listeners.size === 0));
  }

  /** Gives up all that the app had, as a program of it binds for itself; on these ports, null is on all, at once. */
  close(app: string, ports: PortRange | null): void {
    const all = this.#held.of(app);
    // Nobody knows which files it makes.
    const isOwn = ({ query: { port } }: Held): boolean => port < 0 || includesPort(ports, port);
    for (const held of all.filter(isOwn)) this.#held.close(held);
    this.#giveUp(all.filter((held) => !isOwn(held)));
  }

  /** Closes what no worker of the app has, on these ports; null is on all. Another app needs it in its own way. */
  clear(app: string, ports: PortRange | null): void {
    for (const held of this.#held.of(app))
      if (isIdle(held) && includesPort(ports, held.query.port)) this.#held.close(held);
  }

  /** Closes all that the app had, but for what another one has taken over from it. */
  release(app: string): void {
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

  /** As soon as nobody is on the way who may ask for it, and no orphan serves there, which nobody could bind beside. */
  #closeLeft(held: Held): void {
    const isLeft = this.#held.get(held.key) !== undefined && held.isTraded;
    const isUsed = held.orphans.size > 0 || this.#options.isAwaited(held.app, held.query.port);
    if (isLeft && isUsed) return;
    if (isLeft) this.#held.close(held);
    this.#left.delete(held);
  }
}
