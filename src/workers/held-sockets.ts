/**
 * The listening sockets of all apps. The supervisor binds them and keeps them open but never accepts: each worker
 * accepts for itself from the socket it was handed. So the accept queue outlives every worker, and neither a reload
 * nor the crash of an app's only worker refuses a connection.
 *
 * An address belongs to one app. Under `balance: kernel` it has one socket per slot, and while a slot has no
 * listening worker, a neighbour accepts from that slot's socket too, since the kernel goes on filling its queue.
 */
import type { AgentConfig, DatagramQuery, ListenQuery, Offer, ToAgent } from '../model/protocol.ts';
import { bind, canReusePort, EACCES, EADDRINUSE, portOf, type BoundHandle } from './bind.ts';
import { CLOSE_GRACE, HeldDatagrams } from './held-datagrams.ts';
import { Porter } from './porter.ts';
import { portHolder } from './port-holder.ts';
import { Shares } from './shares.ts';
import { removeSocket } from './socket-file.ts';

/** A worker, as far as sockets are concerned. */
export interface Tenant {
  readonly id: number;
  readonly app: string;
  readonly slot: number;
  readonly balance: AgentConfig['balance'];
  /** Whether it accepts where it listens; one that does not yet is told of with `ready`. */
  readonly isReady: () => boolean;
  readonly send: (message: ToAgent, handle?: object) => void;
}

/** One address. */
interface Held {
  readonly key: string;
  readonly query: ListenQuery;
  app: string;
  /** By slot; `SHARED` where all workers have one. Empty for a claim, which node:cluster binds itself. */
  readonly sockets: Map<number, SlotSocket>;
  readonly tenants: Map<number, Tenancy>;
  /** For tenants with `balance: least-connections`. */
  readonly shares: Shares;
  /** Once there was a tenant with `balance: sticky`. */
  porter: Porter | null;
  /** Runs after the app itself closed its last server here. */
  closing: { readonly timer: NodeJS.Timeout; readonly by: number } | null;
}
interface SlotSocket {
  readonly handle: BoundHandle;
  lentTo: Tenant | null;
}
interface Tenancy {
  readonly tenant: Tenant;
  readonly slot: number;
  listening: boolean;
}

const SHARED = -1;

export interface HeldSocketsOptions {
  /** Whether the app is still in the ecosystem file; one that has left it yields its address to another app. */
  readonly isWanted: (app: string) => boolean;
  /** Says why an app cannot have an address, in one sentence. */
  readonly refuse: (app: string, reason: string) => void;
}

export class HeldSockets {
  readonly #held = new Map<string, Held>();
  readonly #datagrams: HeldDatagrams;
  readonly #options: HeldSocketsOptions;
  #count = 0;

  constructor(options: HeldSocketsOptions) {
    this.#options = options;
    this.#datagrams = new HeldDatagrams(options.isWanted);
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
    const isTaken = [...this.#held.values()].some((other) => other.app !== app && overlap(other, query));
    const held = isTaken ? null : (this.#known(app, query) ?? this.#add(app, query));
    if (held === null || held.sockets.has(slot)) return false;
    held.sockets.set(slot, { handle: adopted(handle as BoundHandle, query), lentTo: null });
    cover(held);
    return true;
  }

  /** Answers `socket`: binds where need be and hands the worker its socket. */
  socket(tenant: Tenant, seq: number, query: ListenQuery): void {
    const held = this.#find(tenant, query);
    if (typeof held === 'number') return refuse(tenant, seq, held);
    const slot = tenant.balance === 'kernel' && canReusePort() ? tenant.slot : SHARED;
    const socket = held.sockets.get(slot) ?? this.#bindSlot(held, slot);
    if (typeof socket === 'number') return refuse(tenant, seq, socket);
    this.#keepOpen(held);
    held.tenants.set(tenant.id, { tenant, slot, listening: false });
    tenant.send({ act: 'socket', seq, errno: 0, key: held.key, slot }, socket.handle);
    if (tenant.balance === 'least-connections') {
      // Two, so that the answer to a rest may come after the next one.
      for (const act of ['spare', 'spare'] as const) tenant.send({ act, key: held.key }, socket.handle);
    }
    if (tenant.balance === 'sticky' && query.port >= 0) held.porter ??= new Porter(held.key, socket.handle);
  }

  /** Answers `claim`: node:cluster will bind the address, if it is free for this app. */
  claim(tenant: Tenant, seq: number, query: ListenQuery): void {
    const held = this.#find(tenant, query);
    if (typeof held === 'number') return refuse(tenant, seq, held);
    if (held.sockets.size > 0) {
      const why = `${nameOf(query)} is open for workers with another balance: give the app another port to change it`;
      this.#options.refuse(tenant.app, why);
      return refuse(tenant, seq, EADDRINUSE);
    }
    held.tenants.set(tenant.id, { tenant, slot: SHARED, listening: true });
    tenant.send({ act: 'socket', seq, errno: 0, key: held.key });
  }

  /** Answers `socket` or `claim` with no; says why, in one sentence. */
  deny(tenant: Tenant, seq: number, query: ListenQuery, why: string): void {
    this.#options.refuse(tenant.app, `${nameOf(query)} is not opened: ${why}`);
    refuse(tenant, seq, EACCES);
  }

  /** A worker listens on its socket. */
  listening(tenant: Tenant, key: string): void {
    const held = this.#held.get(key);
    const tenancy = held?.tenants.get(tenant.id);
    if (held === undefined || tenancy === undefined) return;
    tenancy.listening = true;
    if (tenant.isReady()) moveIn(held, tenant);
  }

  /** A worker now accepts where it listens. */
  ready(tenant: Tenant): void {
    for (const held of this.#held.values())
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
    tenant.send({ act: 'spare', key }, handle);
    held.shares.opened(tenant.id, open);
  }

  /** A copy of the socket, to accept from in this process. */
  copied(key: string, copy: BoundHandle): void {
    const porter = this.#held.get(key)?.porter;
    if (porter == null) copy.close();
    else porter.copied(copy);
  }

  /** Whether the worker has taken a connection. */
  took(key: string, seq: number, accepted: boolean): void {
    this.#held.get(key)?.porter?.took(seq, accepted);
  }

  /** `listen()` failed in the worker: says who has the address. */
  listenFailed(tenant: Tenant, query: ListenQuery, errno: number): void {
    if (errno === EADDRINUSE) this.#options.refuse(tenant.app, takenBy(query));
  }

  /** The app closed its server. */
  closed(tenant: Tenant, key: string): void {
    this.#datagrams.closed(tenant.id, key);
    const held = this.#held.get(key);
    if (held === undefined) return;
    moveOut(held, tenant.id);
    if (held.tenants.size > 0 || held.closing !== null) return;
    const timer = setTimeout(() => this.#close(held), CLOSE_GRACE).unref();
    held.closing = { timer, by: tenant.id };
  }

  /** A worker accepts no more: it was told to drain. */
  leave(id: number): void {
    this.#datagrams.leave(id);
    for (const held of this.#held.values()) {
      moveOut(held, id);
      if (held.closing?.by === id) this.#keepOpen(held);
    }
  }

  /** A worker has ended. */
  ended(id: number): void {
    this.leave(id);
    for (const held of this.#held.values()) held.porter?.ended(id);
  }

  /** Closes what no worker of the app accepts from any more; called once its rollout is complete. */
  settle(app: string): void {
    this.#datagrams.settle(app);
    for (const held of this.#of(app)) if (held.tenants.size === 0) this.#close(held);
  }

  /** Closes all that the app had. */
  release(app: string): void {
    this.#datagrams.release(app);
    for (const held of this.#of(app)) this.#close(held);
  }

  /** The address if the app has it or can have it, else an error number. */
  #find(tenant: Tenant, query: ListenQuery): Held | number {
    for (const other of this.#held.values()) {
      if (other.app === tenant.app || !overlap(other, query)) continue;
      if (this.#options.isWanted(other.app)) return this.#clash(tenant.app, other, query);
      other.app = tenant.app;
    }
    const known = this.#known(tenant.app, query);
    if (known !== undefined) return known;
    // A second server of the same worker on the same address.
    if (query.index > 0 && query.port !== 0) return EADDRINUSE;
    return this.#add(tenant.app, query);
  }

  #known(app: string, query: ListenQuery): Held | undefined {
    return this.#of(app).find((held) => sameQuery(held.query, query));
  }

  #add(app: string, query: ListenQuery): Held {
    this.#count += 1;
    const key = `socket ${this.#count}`;
    const held: Held = {
      key,
      query,
      app,
      sockets: new Map(),
      tenants: new Map(),
      shares: new Shares(key),
      porter: null,
      closing: null,
    };
    this.#held.set(held.key, held);
    return held;
  }

  #clash(app: string, other: Held, query: ListenQuery): number {
    this.#options.refuse(
      app,
      `${nameOf(query)} belongs to app "${other.app}" already, so app "${app}" cannot listen there: give one of them another port`,
    );
    return EADDRINUSE;
  }

  #bindSlot(held: Held, slot: number): SlotSocket | number {
    const handle = this.#bind(held);
    if (typeof handle === 'number') {
      if (held.sockets.size === 0) this.#held.delete(held.key);
      if (handle === EADDRINUSE) this.#options.refuse(held.app, takenBy(held.query));
      return handle;
    }
    const socket: SlotSocket = { handle, lentTo: null };
    held.sockets.set(slot, socket);
    return socket;
  }

  /**
   * SO_REUSEPORT would let a stranger's socket of the same user in unnoticed, so the first bind of a port is tried
   * without it.
   */
  #bind(held: Held): BoundHandle | number {
    const { query } = held;
    const port = portNow(held);
    const first =
      query.port !== 0 &&
      !this.#of(held.app).some((other) => other.sockets.size > 0 && overlap(other, query));
    if (first) {
      const alone = bind(query, false);
      if (typeof alone === 'number' || !canReusePort()) return alone;
      alone.close();
    }
    return bind({ ...query, port }, canReusePort());
  }

  #keepOpen(held: Held): void {
    clearTimeout(held.closing?.timer);
    held.closing = null;
  }

  #close(held: Held): void {
    this.#keepOpen(held);
    for (const { handle } of held.sockets.values()) handle.close();
    held.porter?.close();
    this.#held.delete(held.key);
  }

  #of(app: string): Held[] {
    return [...this.#held.values()].filter((held) => held.app === app);
  }
}

/** libuv removes the file of a unix socket only for whoever has bound it. */
function adopted(handle: BoundHandle, { address, port }: ListenQuery): BoundHandle {
  if (port >= 0 || address === null) return handle;
  const close = handle.close.bind(handle);
  handle.close = () => {
    removeSocket(address);
    close();
  };
  return handle;
}

function refuse(tenant: Tenant, seq: number, errno: number): void {
  tenant.send({ act: 'socket', seq, errno, key: null });
}

function moveIn(held: Held, tenant: Tenant): void {
  if (tenant.balance === 'least-connections') held.shares.join(tenant);
  if (tenant.balance === 'sticky') held.porter?.join(tenant);
  cover(held);
}

function moveOut(held: Held, id: number): void {
  if (!held.tenants.delete(id)) return;
  held.shares.leave(id);
  held.porter?.leave(id);
  for (const socket of held.sockets.values()) if (socket.lentTo?.id === id) socket.lentTo = null;
  cover(held);
}

/** Lends each socket that no worker of its slot accepts from to a neighbour, and takes back the others. */
function cover(held: Held): void {
  const accepting = [...held.tenants.values()].filter(
    ({ tenant, listening }) => listening && tenant.isReady(),
  );
  for (const [slot, socket] of held.sockets) {
    const owned = accepting.some((tenancy) => tenancy.slot === slot);
    if (owned && socket.lentTo !== null) {
      socket.lentTo.send({ act: 'return', key: held.key, slot });
      socket.lentTo = null;
    } else if (!owned && socket.lentTo === null) {
      socket.lentTo = accepting[0]?.tenant ?? null;
      socket.lentTo?.send({ act: 'lend', key: held.key, slot }, socket.handle);
    }
  }
}

/** With port 0 the first bind chooses; the other slots of the same address follow it. */
function portNow(held: Held): number {
  const [first] = held.sockets.values();
  return first === undefined ? held.query.port : (portOf(first.handle) ?? held.query.port);
}

function sameQuery(a: ListenQuery, b: ListenQuery): boolean {
  return (
    a.address === b.address &&
    a.port === b.port &&
    a.addressType === b.addressType &&
    a.flags === b.flags &&
    a.index === b.index
  );
}

const EVERY_ADDRESS: ReadonlySet<string | null> = new Set([null, '', '::', '0.0.0.0']);

/** Whether both cannot be bound at a time by two apps. */
function overlap(held: Held, query: ListenQuery): boolean {
  if (query.port === 0 || held.query.port !== query.port) return false;
  const mine = held.query.address;
  if (mine === query.address) return true;
  return query.port > 0 && (EVERY_ADDRESS.has(mine) || EVERY_ADDRESS.has(query.address));
}

function nameOf(query: ListenQuery): string {
  if (query.port < 0) return `unix socket ${query.address ?? ''}`;
  return EVERY_ADDRESS.has(query.address)
    ? `port ${query.port}`
    : `port ${query.port} of ${query.address ?? ''}`;
}

function takenBy(query: ListenQuery): string {
  if (query.port < 0) return `${nameOf(query)} exists already: if no process listens on it, delete the file`;
  const holder = portHolder(query.port);
  return `${nameOf(query)} is taken${holder === null ? ' by another process' : ` by ${holder}`}`;
}
