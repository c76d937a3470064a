/**
 * Where a worker's servers get their sockets: from the supervisor instead of from node:cluster.
 *
 * This stands on `cluster._getServer`, which Node does not document: net and dgram call it for every `listen()` and
 * `bind()` in a worker that is not `exclusive`, on every Node from 0.12 to 26.
 */
import dc from 'node:diagnostics_channel';
import type net from 'node:net';
import util from 'node:util';
import {
  datagramQuery,
  giveBackDatagrams,
  lendDatagrams,
  track,
  type DatagramOptions,
  type RawDatagrams,
} from './datagrams.cts';
import { FedHandle } from './fed-handle.cts';
import { HeldHandle, type RawHandle } from './held-handle.cts';
import { Indexes } from './indexes.cts';
import { listenQuery, type Answer, type ClusterModule, type ServerOptions } from './listen-query.cts';
import { Share } from './share.cts';
import type {
  AgentConfig,
  DatagramQuery,
  FromAgent,
  ListenQuery,
  Offer,
  ToAgent,
} from '../model/protocol.ts';

/** The way to the supervisor. */
export interface Supervisor {
  readonly send: (message: FromAgent) => void;
  /** Closes the handle here. */
  readonly sendHandle: (message: FromAgent, handle: RawHandle) => void;
  /** Keeps the process alive until what is returned is called. */
  readonly hold: () => () => void;
}

type Settle = (errno: number, key: string | null, handle: unknown, slot: number) => void;

/** Where all workers of an app have one socket. */
const SHARED = -1;

export class Sockets {
  readonly #balance: AgentConfig['balance'];
  /** False for a worker that is not ready yet and has to be. */
  #accepts: boolean;
  readonly #servers: ReadonlySet<net.Server>;
  readonly #supervisor: Supervisor;
  readonly #pending = new Map<number, Settle>();
  readonly #held = new Map<string, HeldHandle>();
  /** Under least-connections, of each held socket; where the supervisor accepts, what takes their place. */
  readonly #shares = new Map<string, Share>();
  readonly #sharesByHandle = new WeakMap<object, Share>();
  readonly #fed = new Map<string, FedHandle>();
  readonly #indexes = new Indexes();
  #seq = 0;

  /** @param servers that listen */
  constructor(
    { balance, accepts }: Pick<AgentConfig, 'balance' | 'accepts'>,
    servers: ReadonlySet<net.Server>,
    supervisor: Supervisor,
  ) {
    this.#balance = balance;
    this.#accepts = accepts === 'listening';
    this.#servers = servers;
    this.#supervisor = supervisor;
  }

  /** Takes the place of node:cluster's way to a socket. */
  install(cluster: ClusterModule): void {
    const original = cluster._getServer.bind(cluster);
    if (this.#balance === 'least-connections')
      dc.subscribe('net.server.socket', (message) => this.#count(message as { socket: net.Socket }));
    cluster._getServer = (server, options, answer) => {
      // An inherited descriptor has no address to hold.
      if (options.fd !== undefined && options.fd >= 0) original(server, options, answer);
      else if (typeof options.addressType !== 'number')
        this.#askForDatagrams(options as DatagramOptions, answer);
      else this.#ask(options, answer);
    };
  }

  /** The supervisor's answer to `socket` or `datagrams`. */
  answered(message: Omit<Extract<ToAgent, { act: 'socket' }>, 'act'>, handle: unknown): void {
    const settle = this.#pending.get(message.seq);
    this.#pending.delete(message.seq);
    settle?.(message.errno, message.key, handle, message.slot ?? SHARED);
  }

  /** Whether it serves, or has asked where to. */
  get serves(): boolean {
    return this.#servers.size > 0 || this.#pending.size > 0;
  }

  /** The sockets that this worker accepts from by itself. */
  offered(): [Offer, object][] {
    return [...this.#held.values()].flatMap(({ query, sockets }) =>
      Array.from(sockets, ([slot, raw]): [Offer, object] => [{ kind: 'socket', query, slot }, raw]),
    );
  }

  /** The worker is ready: its servers accept from now on. */
  accept(): void {
    this.#accepts = true;
    for (const handle of this.#held.values()) {
      const errno = handle.accept();
      if (errno !== 0) this.#failLate(handle, errno);
    }
  }

  /** The held socket that a server listens on, if it is one of ours. */
  keyOf(handle: unknown): string | null {
    for (const [key, candidate] of [...this.#held, ...this.#fed]) if (candidate === handle) return key;
    return null;
  }

  lend(key: string, slot: number, raw: RawHandle | RawDatagrams): void {
    const handle = this.#held.get(key);
    if ('recvStart' in raw) {
      if (!lendDatagrams(key, slot, raw)) raw.close();
    } else if (handle === undefined) raw.close();
    else handle.attach(slot, raw);
  }

  giveBack(key: string, slot: number): void {
    this.#held.get(key)?.detach(slot);
    giveBackDatagrams(key, slot);
  }

  /** Another copy of a held socket. */
  duplicate(key: string, slot: number, raw: RawHandle): void {
    const share = this.#shares.get(key);
    if (share !== undefined) share.keepCopy(raw);
    else if (this.#fed.has(key)) this.#supervisor.sendHandle({ act: 'copy', key, slot }, raw);
    else raw.close();
  }

  /** How many connections are enough. */
  limit(key: string, connections: number | null): void {
    this.#shares.get(key)?.limit(connections);
  }

  /** Nobody says any more how many connections are enough. */
  unlimited(): void {
    for (const share of this.#shares.values()) share.limit(null);
  }

  /** A connection that the supervisor has accepted. */
  feed(key: string, seq: number, client: RawHandle): void {
    const accepted = (this.#fed.get(key) ?? this.#held.get(key))?.feed(client) ?? false;
    if (!accepted) client.close();
    this.#supervisor.send({ act: 'took', key, seq, accepted });
  }

  #ask(options: ServerOptions, answer: Answer): void {
    const { query, free } = listenQuery(options, this.#indexes);
    this.#post('socket', query, (errno, key, raw, slot) => {
      if (errno !== 0 || key === null || raw === undefined) {
        free();
        return answer(errno, null);
      }
      const closed = (): void => {
        free();
        for (const all of [this.#held, this.#shares, this.#fed]) all.delete(key);
        this.#supervisor.send({ act: 'closed', key });
      };
      // The clients of a unix socket have no address.
      const isFed = this.#balance === 'round-robin' || (this.#balance === 'sticky' && query.port >= 0);
      if (isFed) return answer(0, this.#takeName(key, slot, raw as RawHandle, closed));
      answer(0, this.#take(key, slot, raw as RawHandle, query, closed));
    });
  }

  /** The supervisor accepts: it gets the socket back, as a copy to do so from. */
  #takeName(key: string, slot: number, raw: RawHandle, closed: () => void): FedHandle {
    const handle = new FedHandle(raw, this.#supervisor.hold, closed);
    this.#fed.set(key, handle);
    this.#supervisor.sendHandle({ act: 'copy', key, slot }, raw);
    return handle;
  }

  #take(key: string, slot: number, raw: RawHandle, query: ListenQuery, closed: () => void): HeldHandle {
    const handle = new HeldHandle(raw, { query, slot, accepts: this.#accepts }, closed);
    this.#held.set(key, handle);
    if (this.#balance === 'least-connections') {
      const share = new Share(key, handle, this.#supervisor.send);
      this.#shares.set(key, share);
      this.#sharesByHandle.set(handle, share);
    }
    return this.#reportFailure(handle, query);
  }

  /** Counts the connections of each held socket. */
  #count({ socket }: { socket: net.Socket & { server?: { _handle?: object | null } } }): void {
    // An app that has closed its server while it was told of the connection has no handle any more.
    const share = this.#sharesByHandle.get(socket.server?._handle ?? socket);
    if (share === undefined) return;
    share.opened();
    socket.on('close', share.closed);
  }

  /** Nothing tells that a datagram socket is bound, so that is told here. */
  #askForDatagrams(options: DatagramOptions, answer: Answer): void {
    const { send } = this.#supervisor;
    const { query, free } = datagramQuery(options);
    this.#post('datagrams', query, (errno, key, handle) => {
      if (errno !== 0 || key === null || handle === undefined) {
        free();
        return answer(errno, null);
      }
      track(key, handle as RawDatagrams, query, () => {
        free();
        send({ act: 'closed', key });
      });
      answer(0, handle);
      send({ act: 'listening', key: null, address: `${query.type} ${query.address ?? '*'}:${query.port}` });
    });
  }

  /** libuv reports a port that is taken only when `listen` is called, so it is seen here and not in the supervisor. */
  #reportFailure(handle: HeldHandle, query: ListenQuery): HeldHandle {
    const listen = handle.listen.bind(handle);
    handle.listen = (backlog) => {
      const errno = listen(backlog);
      if (errno !== 0) this.#supervisor.send({ act: 'listen-failed', query, errno });
      return errno;
    };
    return handle;
  }

  /** What `listen()` would have said if it had not had to wait, as node:net says it. */
  #failLate(handle: HeldHandle, errno: number): void {
    const code = util.getSystemErrorName(errno);
    const error = Object.assign(new Error(`listen ${code}`), { code, errno, syscall: 'listen' });
    for (const server of this.#servers)
      if ((server as { _handle?: unknown })._handle === handle) server.emit('error', error);
  }

  #post(act: 'socket' | 'datagrams', query: ListenQuery | DatagramQuery, settle: Settle): void {
    this.#seq += 1;
    this.#pending.set(this.#seq, settle);
    this.#supervisor.send({ act, seq: this.#seq, query } as FromAgent);
  }
}
