/**
 * The listening sockets of all apps. The supervisor binds them and keeps them open but never accepts: each worker
 * accepts for itself from the socket it was handed. So the accept queue outlives every worker, and neither a reload
 * nor the crash of an app's only worker refuses a connection.
 *
 * An address belongs to one app. Under `balance: kernel` it has one socket per slot, and while a slot has no
 * listening worker, a neighbour accepts from that slot's socket too, since the kernel goes on filling its queue.
 *
 * What is asked for while others have it waits for them if they are on their way out, and is refused otherwise.
 */
import { includesPort, type PortRange } from '../model/ports.ts';
import type { DatagramQuery, ListenQuery, Offer } from '../model/protocol.ts';
import { nameOf, overlap, sameQuery } from './address.ts';
import { Allowance } from './bucket.ts';
import { bind, canReusePort, EACCES, EADDRINUSE, EMFILE, type BoundHandle } from './bind.ts';
import { bindSlot, type Binding } from './bind-held.ts';
import { removeDead } from './dead-file.ts';
import { FileRequests } from './file-requests.ts';
import { CLOSE_GRACE, HeldDatagrams, MAX_ADDRESSES, tooMany } from './held-datagrams.ts';
import {
  adopted,
  appsOf,
  cover,
  hand,
  isCopy,
  isIdle,
  keepOpen,
  moveIn,
  moveOut,
  newSocket,
  SHARED,
  type Held,
  type Tenant,
} from './held-socket.ts';
import { HeldMap } from './held-map.ts';
import { isShared, judge, type Apps } from './judge.ts';
import { handOver, withdraw } from './succession.ts';
import { takenBy, type Owner, type Taken } from './port-owner.ts';
import { WaitingRequests, type Request } from './waiting.ts';

export type { Tenant } from './held-socket.ts';

export interface HeldSocketsOptions extends Apps {
  /** Whether another app is on its way that names this port: what this one leaves is kept open for it. */
  readonly isAwaited: (app: string, port: number) => boolean;
  /** Says why an app cannot have an address, or not yet, in one sentence. */
  readonly refuse: (app: string, reason: string) => void;
  /** The worker that a process belongs to; null if it is none of ours. */
  readonly workerOf: (pid: number) => Owner | null;
}

/** What is asked of the system. */
export interface System extends Binding {
  readonly takenBy: typeof takenBy;
  readonly removeDead: typeof removeDead;
}

const SYSTEM: System = { bind, canReusePort, takenBy, removeDead };

export class HeldSockets {
  readonly #held = new HeldMap();
  readonly #datagrams: HeldDatagrams;
  readonly #options: HeldSocketsOptions;
  readonly #system: System;
  readonly #waiting: WaitingRequests;
  readonly #files: FileRequests;
  /** Given up, and nobody has taken it. */
  readonly #left = new Set<Held>();
  readonly #words = new Allowance(50, 1);
  readonly #searches = new Allowance(50, 1);

  constructor(options: HeldSocketsOptions, system: System = SYSTEM) {
    this.#options = options;
    this.#system = system;
    this.#datagrams = new HeldDatagrams(options);
    this.#waiting = new WaitingRequests((app, reason) => this.#say(app, reason));
    this.#files = new FileRequests(system.removeDead, (request) => this.#ask(request));
  }

  /** Answers `datagrams`. */
  datagrams(tenant: Tenant, seq: number, query: DatagramQuery): void {
    this.#datagrams.socket(tenant, seq, query);
  }

  /**
   * Takes what an orphan of the app has handed on, to be had by the app's workers as if it had been bound here. False
   * if that is held already, as all orphans with one socket hand on the same.
   */
  adopt(app: string, offer: Offer, handle: object): boolean {
    if (offer.kind === 'datagrams') return this.#datagrams.adopt(app, offer.query, handle as BoundHandle);
    const { query, slot } = offer;
    const isTaken = this.#held.all.some((other) => other.app !== app && overlap(other.query, query));
    const held = isTaken ? null : (this.#held.known(app, query) ?? this.#held.add(app, query));
    if (held === null || held.sockets.has(slot)) return false;
    held.sockets.set(slot, newSocket(adopted(handle as BoundHandle, query)));
    held.hasListened = true;
    cover(held);
    return true;
  }

  /** Answers `socket`: binds where need be and hands the worker its socket. */
  socket(tenant: Tenant, seq: number, query: ListenQuery): void {
    this.#ask({ tenant, seq, query });
  }

  /** Answers `socket` with no; says why, in one sentence. */
  deny(tenant: Tenant, seq: number, query: ListenQuery, why: string): void {
    this.#say(tenant.app, `${nameOf(query)} is not opened: ${why}`);
    tenant.send({ act: 'socket', seq, errno: EACCES, key: null });
  }

  /** A worker listens on its socket. */
  listening(tenant: Tenant, key: string): void {
    const held = this.#held.get(key);
    const tenancy = held?.tenants.get(tenant.id);
    if (held === undefined || tenancy === undefined) return;
    tenancy.listening = true;
    held.hasListened = true;
    if (tenant.isReady()) moveIn(held, tenant);
  }

  /** A worker now accepts where it listens. */
  ready(tenant: Tenant): void {
    for (const held of this.#held.all)
      if (held.tenants.get(tenant.id)?.listening === true) moveIn(held, tenant);
  }

  /** The worker's connections, under least-connections. */
  opened(tenant: Tenant, key: string, open: number): void {
    this.#held.get(key)?.shares.opened(tenant.id, open);
  }

  /** The worker has let go of its socket for a while, and needs a copy to do so again. */
  rests(tenant: Tenant, key: string, open: number): void {
    const held = this.#held.get(key);
    const handle = held?.sockets.get(SHARED)?.handle;
    if (held?.tenants.has(tenant.id) !== true || handle === undefined) return;
    tenant.send({ act: 'spare', key, slot: SHARED }, handle);
    held.shares.opened(tenant.id, open);
  }

  /** A copy of the socket, to accept from in this process. */
  copied(tenant: Tenant, key: string, slot: number, copy: BoundHandle): void {
    const held = this.#held.get(key);
    const isItsOwn = held?.tenants.has(tenant.id) === true && isCopy(copy, held.sockets.get(slot)?.handle);
    if (held?.acceptor == null || !isItsOwn) copy.close();
    else held.acceptor.copied(tenant.id, slot, copy);
  }

  /** Whether the worker has taken a connection. */
  took(tenant: Tenant, key: string, seq: number, accepted: boolean): void {
    this.#held.get(key)?.acceptor?.took(tenant.id, seq, accepted);
  }

  /** `listen()` failed in the worker: says who has the address. */
  listenFailed(tenant: Tenant, query: ListenQuery, errno: number): void {
    const isItsOwn = this.#held.known(tenant.app, query)?.tenants.has(tenant.id) === true;
    if (errno === EADDRINUSE && isItsOwn) this.#say(tenant.app, this.#takenBy(tenant.app, query).reason);
  }

  /** The app closed its server. */
  closed(tenant: Tenant, key: string): void {
    this.#datagrams.closed(tenant.id, key);
    const held = this.#held.get(key);
    if (held === undefined || !moveOut(held, tenant.id)) return;
    if (held.tenants.size === 0 && held.closing === null) {
      const timer = setTimeout(() => this.#held.close(held), CLOSE_GRACE).unref();
      held.closing = { timer, by: tenant.id };
    }
    this.review();
  }

  /** A worker accepts no more: it was told to drain. It may have its sockets open until `released`. */
  leave(id: number): void {
    this.#datagrams.leave(id);
    this.#waiting.drop(id);
    this.#files.drop(id);
    for (const held of this.#held.all) {
      const wasThere = moveOut(held, id);
      if (held.closing?.by === id) keepOpen(held);
      if (!wasThere) continue;
      held.leaving.add(id);
      if (held.tenants.size === 0) this.#held.leave(held);
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

  /** Who has a port that a program could not have, in one sentence. */
  whoHas(app: string, port: number): string {
    return this.#takenBy(app, { address: null, port, addressType: 4, flags: 0, index: 0 }).reason;
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
    for (const request of this.#waiting.take()) this.#ask(request);
    for (const held of this.#left) this.#closeLeft(held);
  }

  /** Closes what no worker of the app accepts from any more; called once its rollout is complete. */
  settle(app: string): void {
    this.#datagrams.settle(app);
    for (const held of this.#held.all) if (!appsOf(held).includes(app)) withdraw(held, app);
    this.#handOver(app);
    this.#giveUp(this.#held.of(app).filter(({ tenants }) => tenants.size === 0));
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
      if (held.tenants.size > 0) this.#held.close(held);
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

  #ask(request: Request): void {
    const { tenant, query } = request;
    if (this.#isTooMuch(request)) return this.#refuse(request, EMFILE, tooMany(nameOf(query)));
    const verdict = judge(request, this.#held.all, this.#options, this.#system.canReusePort());
    if (verdict.kind === 'refused') return this.#refuse(request, EADDRINUSE, verdict.reason);
    if (verdict.kind === 'waits')
      return this.#waiting.add(
        request,
        verdict.on.map((held) => {
          const app = isShared(held, tenant.app, this.#options) ? tenant.app : held.app;
          return { app, held, name: nameOf(held.query) };
        }),
      );
    for (const held of verdict.close) this.#held.close(held);
    for (const held of verdict.take)
      Object.assign(held, { app: tenant.app, successor: null, isTraded: false });
    // What was another's may be in the way of its new app still.
    if (verdict.take.length > 0) return this.#ask(request);
    const known = this.#held.known(tenant.app, query) ?? this.#shared(request);
    // A second server of the same worker on the same address.
    if (known === undefined && query.index > 0 && query.port !== 0)
      return this.#refuse(request, EADDRINUSE, null);
    this.#give(request, known ?? this.#held.add(tenant.app, query));
  }

  /** What an app that stays for this one listens on. */
  #shared({ tenant, query }: Request): Held | undefined {
    return this.#held.all.find(
      (held) =>
        sameQuery(held.query, query) &&
        overlap(held.query, query) &&
        isShared(held, tenant.app, this.#options),
    );
  }

  #give(request: Request, held: Held): void {
    const { tenant, seq } = request;
    const slot = tenant.balance === 'kernel' && this.#system.canReusePort() ? tenant.slot : SHARED;
    const errno = bindSlot(held, slot, this.#held.of(held.app), this.#system);
    if (errno !== 0) {
      if (held.sockets.size === 0 && isIdle(held)) this.#held.close(held);
      return errno === EADDRINUSE ? this.#occupied(request) : this.#refuse(request, errno, null);
    }
    keepOpen(held);
    held.isTraded = false;
    if (tenant.app !== held.app) held.successor = tenant.app;
    held.tenants.set(tenant.id, { tenant, slot, listening: false });
    hand(held, tenant, seq, slot);
  }

  /** Somebody listens there. Nobody knows before what a process in fork mode will listen on. */
  #occupied(request: Request): void {
    const { tenant, query } = request;
    if (query.port < 0) return this.#fileThere(request);
    const { owner, reason } = this.#takenBy(tenant.app, query);
    if (owner === null || !this.#isOnItsWayOut(owner, tenant))
      return this.#refuse(request, EADDRINUSE, reason);
    // One that stays for this app makes way once it waits, as this app's own earlier workers do.
    const app = this.#options.isStaying(owner.app) ? tenant.app : owner.app;
    this.#waiting.add(request, [{ app, held: null, name: nameOf(query) }]);
  }

  #fileThere(request: Request): void {
    const why = this.#files.look(request);
    if (why !== undefined)
      this.#refuse(request, EADDRINUSE, `${nameOf(request.query)} is not opened: ${why ?? JUST_MADE}`);
  }

  #takenBy(app: string, query: ListenQuery): Taken {
    // Looking for the owner means looking at all processes.
    if (!this.#searches.take(app)) return { owner: null, reason: `${nameOf(query)} is taken` };
    return this.#system.takenBy(app, query, this.#options.workerOf);
  }

  #isOnItsWayOut({ app, revision }: Owner, tenant: Tenant): boolean {
    if (app === tenant.app) return revision !== tenant.revision;
    return !this.#options.isWanted(app) || this.#options.isRolling(app);
  }

  #refuse({ tenant, seq }: Request, errno: number, reason: string | null): void {
    if (reason !== null) this.#say(tenant.app, reason);
    tenant.send({ act: 'socket', seq, errno, key: null });
  }

  #isTooMuch({ tenant: { app }, query }: Request): boolean {
    if (this.#held.known(app, query) !== undefined) return false;
    const isFull = (): boolean =>
      this.#held.of(app).length + this.#waiting.countOf(app) + this.#files.countOf(app) >= MAX_ADDRESSES;
    if (isFull()) for (const held of this.#held.of(app)) if (isIdle(held)) this.#held.close(held);
    return isFull();
  }

  /** An app that asks again and again is answered each time, and told of now and then. */
  #say(app: string, reason: string): void {
    if (this.#words.take(app)) this.#options.refuse(app, reason);
  }
}

const JUST_MADE = 'another process has just made it';
