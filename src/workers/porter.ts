/**
 * `balance: sticky`: accepts at one address and hands each connection to the worker of its client's slot. The kernel
 * cannot do it (SO_REUSEPORT spreads by address and port), and a worker that accepted another one's connection would
 * have to send it here all the same.
 *
 * The held socket itself is never listened on in this process, or it could not be let go of without closing it: a
 * worker sends a copy back, and that is accepted from while a worker is there to take connections. At other times
 * they wait in the socket's queue. A connection stays open here until its worker says that it has it, so that it
 * goes to another one if the worker dies before.
 */
import type { BoundHandle, Connection } from './bind.ts';
import type { Tenant } from './held-sockets.ts';
import { preferred } from './rendezvous.ts';

/** Connections that no worker has taken yet: above this many no more are accepted, until half of them are gone. */
const MAX_PENDING = 1024;
/** Node's own default for `listen()`; net.core.somaxconn limits it further. */
const BACKLOG = 511;

interface Pending {
  readonly client: Connection;
  /** Of the client. */
  readonly address: string;
  /** Whom it was sent to; null while there is nobody. */
  to: number | null;
}

export class Porter {
  readonly #key: string;
  readonly #held: BoundHandle;
  /** By worker id, in the order in which they began to listen. */
  readonly #tenants = new Map<number, Tenant>();
  readonly #pending = new Map<number, Pending>();
  /** What is accepted from now. */
  #open: BoundHandle | null = null;
  /** To be accepted from next. */
  #copy: BoundHandle | null = null;
  /** A copy is on its way, from this worker. */
  #asked: number | null = null;
  #isFull = false;
  #seq = 0;

  constructor(key: string, held: BoundHandle) {
    this.#key = key;
    this.#held = held;
  }

  /** A worker listens. */
  join(tenant: Tenant): void {
    this.#tenants.set(tenant.id, tenant);
    for (const [seq, pending] of this.#pending) if (pending.to === null) this.#pass(seq, pending);
    this.#regulate();
  }

  /** A worker takes no more than it has been sent. */
  leave(id: number): void {
    this.#tenants.delete(id);
    if (this.#asked === id) this.#asked = null;
    this.#regulate();
  }

  /** A worker has ended: what it has not taken goes to another one. */
  ended(id: number): void {
    for (const [seq, pending] of this.#pending) if (pending.to === id) this.#pass(seq, pending);
  }

  /** A worker has sent the socket back. */
  copied(copy: BoundHandle): void {
    this.#asked = null;
    if (this.#copy === null) this.#copy = copy;
    else copy.close();
    this.#regulate();
  }

  /** A worker has taken a connection that it was sent, or has not. */
  took(id: number, seq: number, accepted: boolean): void {
    const pending = this.#pending.get(seq);
    if (pending?.to !== id) return;
    if (!accepted) return this.#pass(seq, pending);
    pending.client.close();
    this.#pending.delete(seq);
    this.#regulate();
  }

  close(): void {
    this.#open?.close();
    this.#copy?.close();
    for (const { client } of this.#pending.values()) client.close();
    this.#tenants.clear();
    this.#pending.clear();
    this.#open = this.#copy = null;
  }

  #accepted(status: number, client: Connection | undefined): void {
    if (status !== 0 || client === undefined) return;
    const name: { address?: string } = {};
    // A client that has gone already has no address any more; its worker will see.
    client.getpeername(name);
    this.#seq += 1;
    const pending: Pending = { client, address: name.address ?? '', to: null };
    this.#pending.set(this.#seq, pending);
    this.#pass(this.#seq, pending);
    this.#regulate();
  }

  #pass(seq: number, pending: Pending): void {
    const tenant = this.#tenantFor(pending.address);
    pending.to = tenant?.id ?? null;
    tenant?.send({ act: 'connection', key: this.#key, seq }, pending.client);
  }

  /** While a worker and its successor listen both, it is the older one, which knows the client, until it leaves. */
  #tenantFor(address: string): Tenant | undefined {
    const tenants = [...this.#tenants.values()];
    const slot = preferred(
      address,
      tenants.map((tenant) => tenant.slot),
    );
    return tenants.find((tenant) => tenant.slot === slot);
  }

  /** Accepts while there is somebody to take connections, and not too many wait for it. */
  #regulate(): void {
    const { size } = this.#pending;
    this.#isFull = size > (this.#isFull ? MAX_PENDING / 2 : MAX_PENDING);
    if (this.#tenants.size === 0 || this.#isFull) {
      this.#open?.close();
      this.#open = null;
    } else if (this.#open === null) this.#accept();
  }

  #accept(): void {
    const [tenant] = this.#tenants.values();
    if (this.#copy === null) {
      if (this.#asked !== null || tenant === undefined) return;
      this.#asked = tenant.id;
      return tenant.send({ act: 'spare', key: this.#key }, this.#held);
    }
    this.#open = this.#copy;
    this.#copy = null;
    this.#open.onconnection = (status, client) => this.#accepted(status, client);
    this.#open.listen(BACKLOG);
  }
}
