/** The system's sockets, and the workers that ask for them, as stand-ins. */
import type { ListenQuery, SocketQuery, ToAgent } from '../../src/model/protocol.ts';
import { EADDRINUSE, type BoundHandle } from '../../src/sockets/bind.ts';
import { overlap, sameQuery } from '../../src/sockets/address.ts';
import { HeldSockets } from '../../src/sockets/held-sockets.ts';
import type { Listener } from '../../src/sockets/listener.ts';
import type { System } from '../../src/sockets/socket-requests.ts';
import type { Owner } from '../../src/sockets/port-owner.ts';

export function at(address: string | null, port = 80): ListenQuery {
  return { address, port, addressType: address?.includes(':') === true ? 6 : 4, flags: 0, index: 0 };
}

interface Open extends BoundHandle {
  readonly query: SocketQuery;
}

/** A machine with some sockets, and workers that ask for them. */
export class Machine {
  /** What the supervisor has open. */
  readonly open = new Set<Open>();
  /** What processes in fork mode have open. */
  foreign: { query: ListenQuery; owner: Owner | null }[] = [];
  readonly said: string[] = [];
  readonly rolling = new Set<string>();
  readonly gone = new Set<string>();
  readonly staying = new Set<string>();
  readonly awaited = new Set<number>();
  readonly needs = new Map<string, readonly string[]>();
  readonly sockets: HeldSockets;
  /** What the supervisor accepts from. */
  readonly copies: { readonly of: object; readonly handle: BoundHandle }[] = [];
  private lastId = 0;

  constructor(canReuse: boolean) {
    const system: System = {
      canReusePort: () => canReuse,
      removeDead: (address) => Promise.resolve(this.removeDead(address)),
      bind: (query, reuse) => this.bind(query, reuse),
      takenBy: (_app, query) => {
        const owner = this.foreign.find((other) => overlap(other.query, query))?.owner ?? null;
        return { owner, reason: `${query.port} is taken by ${owner === null ? 'a stranger' : owner.app}` };
      },
    };
    this.sockets = new HeldSockets(
      {
        isWanted: (app) => !this.gone.has(app),
        isStaying: (app) => this.staying.has(app),
        isRolling: (app) => this.rolling.has(app),
        needs: (app) => this.needs.get(app) ?? [],
        workerOf: () => null,
        isAwaited: (_app, port) => this.awaited.has(port),
        refuse: (app, reason) => this.said.push(`${app}: ${reason}`),
      },
      system,
    );
  }

  /** What a worker sends back of a socket. */
  copy(of: object = {}): BoundHandle {
    const handle: BoundHandle = {
      listen: () => {
        this.copies.push({ of, handle });
        return 0;
      },
      close: () => {
        const at = this.copies.findIndex((one) => one.handle === handle);
        if (at >= 0) this.copies.splice(at, 1);
      },
      onconnection: null,
    };
    return handle;
  }

  /** A client connects to an address that the supervisor accepts at. */
  comes(query: SocketQuery): Client {
    const copy = this.copies.find(({ of }) => sameQuery((of as Open).query, query));
    if (copy === undefined) throw new Error('nobody accepts there');
    const client = new Client();
    copy.handle.onconnection?.(0, client);
    return client;
  }

  worker(app: string, revision: string, balance: Listener['balance'] = 'shared', slot = 0): Worker {
    this.lastId += 1;
    return new Worker(this, { app, revision, balance, slot, id: this.lastId });
  }

  /** An orphan hands on what it has open, and keeps it open; returns what ends that. */
  adopt(app: string, query: ListenQuery, orphan: number): () => void {
    this.sockets.adopt(app, { kind: 'socket', query, slot: -1 }, this.bind(query, true) as Open, orphan);
    const own = { query, owner: null };
    this.foreign.push(own);
    return () => {
      this.foreign = this.foreign.filter((other) => other !== own);
      this.sockets.orphanReleased(orphan, false);
    };
  }

  get addresses(): string[] {
    return [...this.open].map(({ query }) => `${query.address ?? '*'}:${query.port}`);
  }

  /** Files that a process has left, and those that it has open. */
  readonly files = new Map<string, 'dead' | 'open'>();

  /** The edit that gives the place of one app to another. */
  rename(from: string): void {
    this.gone.add(from);
    this.staying.add(from);
  }

  /** The one that stayed has made way, and ended. */
  retire(app: string, workers: readonly Worker[]): void {
    this.staying.delete(app);
    for (const worker of workers) worker.drains().letsGo();
    this.sockets.release(app);
  }

  private removeDead(address: string): string | null {
    const isOurs = [...this.open].some(({ query }) => query.address === address);
    if (isOurs || this.files.get(address) === 'open') return 'another process has it open';
    this.files.delete(address);
    return null;
  }

  private bind(query: SocketQuery, reuse: boolean): BoundHandle | number {
    const others = [...this.open].filter((other) => overlap(other.query, query));
    // Two sockets may have one port, but never one name.
    const isTaken =
      (others.length > 0 && (!reuse || query.port < 0)) ||
      this.foreign.some((other) => overlap(other.query, query));
    if (isTaken || this.files.has(query.address ?? '')) return EADDRINUSE;
    const handle: Open = {
      query,
      listen: () => 0,
      close: () => void this.open.delete(handle),
      onconnection: null,
    };
    this.open.add(handle);
    return handle;
  }
}

export class Client {
  isOpen = true;
  close(): void {
    this.isOpen = false;
  }
}

export class Worker {
  /** Connections that it was sent and has not answered. */
  readonly untaken: { readonly key: string; readonly seq: number; readonly client: object | undefined }[] =
    [];
  /** Sends copies back. */
  answers = false;
  /** `socket`, `refused`, `lend -2`: what it was told, in order. */
  readonly heard: string[] = [];
  /** Slots of the sockets that it was asked to send back. */
  readonly duplicates: number[] = [];
  connections = 0;
  /** The key of the address that it has. */
  key: string | null = null;
  private readonly machine: Machine;
  readonly listener: Listener;

  constructor(machine: Machine, who: Pick<Listener, 'app' | 'revision' | 'balance' | 'id' | 'slot'>) {
    this.machine = machine;
    this.listener = {
      ...who,
      user: null,
      isReady: () => true,
      send: (message, handle) => this.hear(message, handle),
      blocked: (on) => this.heard.push(`blocked on ${on}`),
    };
  }

  asks(query: ListenQuery): this {
    this.machine.sockets.socket(this.listener, 1, query);
    return this;
  }

  drains(): this {
    this.machine.sockets.leave(this.listener.id);
    return this;
  }

  letsGo(): this {
    this.machine.sockets.released(this.listener.id);
    return this;
  }

  takes(accepted = true): this {
    for (const { key, seq } of this.untaken.splice(0))
      this.machine.sockets.took(this.listener, key, seq, accepted);
    return this;
  }

  private hear(message: ToAgent, handle: object | undefined): void {
    if (message.act === 'socket') {
      this.key = message.key;
      this.heard.push(message.errno === 0 ? 'socket' : 'refused');
      if (message.key !== null) this.machine.sockets.listening(this.listener, message.key);
    } else if (message.act === 'duplicate') {
      this.duplicates.push(message.slot);
      const { key, slot } = message;
      if (this.answers) this.machine.sockets.copied(this.listener, key, slot, this.machine.copy(handle));
    } else if (message.act === 'connection') {
      const { key, seq } = message;
      this.untaken.push({ key, seq, client: handle });
    } else if (message.act === 'lend' || message.act === 'return')
      this.heard.push(`${message.act} ${message.slot}`);
  }
}
