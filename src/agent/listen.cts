/**
 * Where a worker's servers get their sockets: from the supervisor instead of from node:cluster.
 *
 * `cluster._getServer` is the one semi-internal call on this side. net and dgram call it for every `listen()` and
 * `bind()` in a worker that is not `exclusive`, on every Node from 0.12 to 26.
 */
import clusterModule from 'node:cluster';
import path from 'node:path';
import { tell } from './channel.cts';
import { HeldHandle, type RawHandle } from './held-handle.cts';
import type { AgentConfig, ListenQuery } from '../model/protocol.ts';

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

const pending = new Map<number, (errno: number, key: string | null, handle: unknown) => void>();
const held = new Map<string, HeldHandle>();
/** Indexes in use for each address; the lowest free one is taken, so close() then listen() meets the same socket. */
const indexes = new Map<string, Set<number>>();
let seq = 0;

/** Takes the place of node:cluster's way to a socket. */
export function install(balance: AgentConfig['balance']): void {
  const original = cluster._getServer.bind(cluster);
  cluster._getServer = (server, options, answer) => {
    if (typeof options.addressType !== 'number') original(server, options, tellBound(options, answer));
    // An inherited descriptor has no address to hold.
    else if (options.fd !== undefined && options.fd >= 0) original(server, options, answer);
    else if (balance === 'round-robin') claim(server, options, answer, original);
    else ask(options, answer);
  };
}

/** The supervisor's answer to `socket` or `claim`. */
export function answered(message: { seq: number; errno: number; key: string | null }, handle: unknown): void {
  const settle = pending.get(message.seq);
  pending.delete(message.seq);
  settle?.(message.errno, message.key, handle);
}

/** The held socket that a server listens on, if it is one of ours. */
export function keyOf(handle: unknown): string | null {
  for (const [key, candidate] of held) if (candidate === handle) return key;
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

function ask(options: ServerOptions, answer: Answer): void {
  const { query, free } = request(options);
  post('socket', query, (errno, key, raw) => {
    if (errno !== 0 || key === null || raw === undefined) {
      free();
      return answer(errno, null);
    }
    const handle = new HeldHandle(raw as RawHandle, () => {
      free();
      held.delete(key);
      tell({ act: 'closed', key });
    });
    held.set(key, handle);
    answer(0, reportFailure(handle, query));
  });
}

/** Round robin is node:cluster's own; the supervisor only sees to it that the address belongs to one app. */
function claim(server: object, options: ServerOptions, answer: Answer, original: GetServer): void {
  const { query, free } = request(options);
  post('claim', query, (errno) => {
    free();
    if (errno !== 0) return answer(errno, null);
    original(server, options, (bindErrno, handle) => {
      if (bindErrno !== 0) tell({ act: 'listen-failed', query, errno: bindErrno });
      answer(bindErrno, handle);
    });
  });
}

/** Datagram sockets have no accept queue to keep, so node:cluster shares them; that they are bound is told here. */
function tellBound(options: ServerOptions, answer: Answer): Answer {
  return (errno, handle) => {
    answer(errno, handle);
    const address = `${String(options.addressType)} ${options.address ?? '*'}:${options.port ?? 0}`;
    if (errno === 0) tell({ act: 'listening', key: null, address });
  };
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

function request(options: ServerOptions): { query: ListenQuery; free: () => void } {
  const port = options.port ?? -1;
  const addressType = Number(options.addressType);
  // Relative paths of unix sockets are relative to this process, as under node:cluster.
  const address = port < 0 && options.address !== null ? path.resolve(options.address) : options.address;
  const flags = options.flags ?? 0;
  const name = `${String(address)} ${port} ${addressType} ${flags}`;
  const used = indexes.get(name) ?? new Set();
  indexes.set(name, used);
  let index = 0;
  while (used.has(index)) index++;
  used.add(index);
  return { query: { address, port, addressType, flags, index }, free: () => used.delete(index) };
}

function post(
  act: 'socket' | 'claim',
  query: ListenQuery,
  settle: (errno: number, key: string | null, handle: unknown) => void,
): void {
  seq += 1;
  pending.set(seq, settle);
  tell({ act, seq, query });
}
