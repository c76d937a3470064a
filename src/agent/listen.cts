/**
 * Where a worker's servers get their sockets: from the supervisor instead of from node:cluster.
 *
 * This stands on `cluster._getServer`, which Node does not document: net and dgram call it for every `listen()` and
 * `bind()` in a worker that is not `exclusive`, on every Node from 0.12 to 26.
 */
import clusterModule from 'node:cluster';
import dc from 'node:diagnostics_channel';
import type net from 'node:net';
import path from 'node:path';
import util from 'node:util';
import { hand, hold, tell } from './channel.cts';
import { datagramQuery, track, type DatagramOptions, type RawDatagrams } from './datagrams.cts';
import { FedHandle } from './fed-handle.cts';
import { HeldHandle, type RawHandle } from './held-handle.cts';
import { Indexes } from './indexes.cts';
import { Share } from './share.cts';
import { servers } from './traffic.cts';
import type {
  AgentConfig,
  DatagramQuery,
  FromAgent,
  ListenQuery,
  Offer,
  ToAgent,
} from '../model/protocol.ts';

interface ServerOptions {
  readonly address: string | null;
  readonly port: number | null;
  readonly addressType: number | 'udp4' | 'udp6';
  readonly fd?: number;
  readonly flags?: number;
}
type Answer = (errno: number, handle: unknown) => void;
type GetServer = (server: object, options: ServerOptions, answer: Answer) => void;

const cluster = clusterModule as unknown as { _getServer: GetServer };

type Settle = (errno: number, key: string | null, handle: unknown, slot: number) => void;

/** Where all workers of an app have one socket. */
const SHARED = -1;

const pending = new Map<number, Settle>();
const held = new Map<string, HeldHandle>();
/** Under least-connections, of each held socket; where the supervisor accepts, what takes their place. */
const shares = new Map<string, Share>();
const sharesByHandle = new WeakMap<object, Share>();
const fed = new Map<string, FedHandle>();
const indexes = new Indexes();
let seq = 0;
/** False for a worker that is not ready yet and has to be. */
let accepts = true;

/** Takes the place of node:cluster's way to a socket. */
export function install({ balance, accepts: from }: AgentConfig): void {
  accepts = from === 'listening';
  const original = cluster._getServer.bind(cluster);
  if (balance === 'least-connections') dc.subscribe('net.server.socket', count);
  cluster._getServer = (server, options, answer) => {
    // An inherited descriptor has no address to hold.
    if (options.fd !== undefined && options.fd >= 0) original(server, options, answer);
    else if (typeof options.addressType !== 'number') askForDatagrams(options as DatagramOptions, answer);
    else ask(balance, options, answer);
  };
}

/** The supervisor's answer to `socket` or `datagrams`. */
export function answered(message: Extract<ToAgent, { act: 'socket' }>, handle: unknown): void {
  const settle = pending.get(message.seq);
  pending.delete(message.seq);
  settle?.(message.errno, message.key, handle, message.slot ?? SHARED);
}

/** Whether it serves, or has asked where to. */
export function serves(): boolean {
  return servers.size > 0 || pending.size > 0;
}

/** The sockets that this worker accepts from by itself. */
export function offered(): [Offer, object][] {
  return [...held.values()].flatMap(({ query, sockets }) =>
    Array.from(sockets, ([slot, raw]): [Offer, object] => [{ kind: 'socket', query, slot }, raw]),
  );
}

/** The worker is ready: its servers accept from now on. */
export function accept(): void {
  accepts = true;
  for (const handle of held.values()) {
    const errno = handle.accept();
    if (errno !== 0) failLate(handle, errno);
  }
}

/** The held socket that a server listens on, if it is one of ours. */
export function keyOf(handle: unknown): string | null {
  for (const [key, candidate] of [...held, ...fed]) if (candidate === handle) return key;
  return null;
}

export function lend(key: string, slot: number, raw: RawHandle): void {
  const handle = held.get(key);
  if (handle === undefined) raw.close();
  else handle.attach(slot, raw);
}

export function giveBack(key: string, slot: number): void {
  held.get(key)?.detach(slot);
}

/** Another copy of a held socket. */
export function spare(key: string, slot: number, raw: RawHandle): void {
  const share = shares.get(key);
  if (share !== undefined) share.spare(raw);
  else if (fed.has(key)) hand({ act: 'copy', key, slot }, raw);
  else raw.close();
}

/** How many connections are enough. */
export function limit(key: string, connections: number | null): void {
  shares.get(key)?.limit(connections);
}

/** Nobody says any more how many connections are enough. */
export function unlimited(): void {
  for (const share of shares.values()) share.limit(null);
}

/** A connection that the supervisor has accepted. */
export function feed(key: string, seq: number, client: RawHandle): void {
  const accepted = (fed.get(key) ?? held.get(key))?.feed(client) ?? false;
  if (!accepted) client.close();
  tell({ act: 'took', key, seq, accepted });
}

function ask(balance: AgentConfig['balance'], options: ServerOptions, answer: Answer): void {
  const { query, free } = request(options);
  post('socket', query, (errno, key, raw, slot) => {
    if (errno !== 0 || key === null || raw === undefined) {
      free();
      return answer(errno, null);
    }
    const closed = (): void => {
      free();
      for (const all of [held, shares, fed]) all.delete(key);
      tell({ act: 'closed', key });
    };
    // The clients of a unix socket have no address.
    if (balance === 'round-robin' || (balance === 'sticky' && query.port >= 0)) {
      const handle = new FedHandle(raw as RawHandle, hold, closed);
      fed.set(key, handle);
      hand({ act: 'copy', key, slot }, raw as RawHandle);
      return answer(0, handle);
    }
    const handle = new HeldHandle(raw as RawHandle, { query, slot, accepts }, closed);
    held.set(key, handle);
    if (balance === 'least-connections') {
      const share = new Share(key, handle);
      shares.set(key, share);
      sharesByHandle.set(handle, share);
    }
    answer(0, reportFailure(handle, query));
  });
}

/** Counts the connections of each held socket. */
function count(message: unknown): void {
  const { socket } = message as { socket: net.Socket & { server?: { _handle?: object | null } } };
  // An app that has closed its server while it was told of the connection has no handle any more.
  const share = sharesByHandle.get(socket.server?._handle ?? socket);
  if (share === undefined) return;
  share.opened();
  socket.on('close', share.closed);
}

/** Nothing tells that a datagram socket is bound, so that is told here. */
function askForDatagrams(options: DatagramOptions, answer: Answer): void {
  const { query, free } = datagramQuery(options);
  post('datagrams', query, (errno, key, handle) => {
    if (errno !== 0 || key === null || handle === undefined) {
      free();
      return answer(errno, null);
    }
    track(handle as RawDatagrams, query, () => {
      free();
      tell({ act: 'closed', key });
    });
    answer(0, handle);
    tell({ act: 'listening', key: null, address: `${query.type} ${query.address ?? '*'}:${query.port}` });
  });
}

/** libuv reports a port that is taken only when `listen` is called, so it is seen here and not in the supervisor. */
function reportFailure(handle: HeldHandle, query: ListenQuery): HeldHandle {
  const listen = handle.listen.bind(handle);
  handle.listen = (backlog) => {
    const errno = listen(backlog);
    if (errno !== 0) tell({ act: 'listen-failed', query, errno });
    return errno;
  };
  return handle;
}

/** What `listen()` would have said if it had not had to wait, as node:net says it. */
function failLate(handle: HeldHandle, errno: number): void {
  const code = util.getSystemErrorName(errno);
  const error = Object.assign(new Error(`listen ${code}`), { code, errno, syscall: 'listen' });
  for (const server of servers)
    if ((server as { _handle?: unknown })._handle === handle) server.emit('error', error);
}

function request(options: ServerOptions): { query: ListenQuery; free: () => void } {
  const port = options.port ?? -1;
  const addressType = Number(options.addressType);
  // Relative paths of unix sockets are relative to this process, as under node:cluster.
  const address = port < 0 && options.address !== null ? path.resolve(options.address) : options.address;
  const flags = options.flags ?? 0;
  const { index, free } = indexes.take(address, port, addressType, flags);
  return { query: { address, port, addressType, flags, index }, free };
}

function post(act: 'socket' | 'datagrams', query: ListenQuery | DatagramQuery, settle: Settle): void {
  seq += 1;
  pending.set(seq, settle);
  tell({ act, seq, query } as FromAgent);
}
