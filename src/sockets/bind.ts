/**
 * Binding a socket without accepting on it: `net._createServerHandle`, the one semi-internal call on this side.
 * It is what node:cluster's primary uses for its own shared handles, on every Node from 0.12 to 26.
 */
import net from 'node:net';
import os from 'node:os';
import type { ListenQuery, SocketQuery } from '../model/protocol.ts';
import { isDatagrams } from './address.ts';
import { bindDatagrams } from './bind-datagrams.ts';
import type { BoundSocket } from './bound-socket.ts';
import { keepName } from './kept-name.ts';
import { closerOf, socketFile, type SocketFile } from './socket-file.ts';

/** A bound TCP or Pipe handle. */
export interface BoundHandle extends BoundSocket {
  listen(backlog: number): number;
  onconnection: ((status: number, client: Connection | undefined) => void) | null;
}

/** An accepted connection that nobody reads. */
export interface Connection {
  close(): void;
  /** Missing for a unix socket. */
  getpeername?(out: { address?: string }): number;
}

const { _createServerHandle: create } = net as unknown as {
  _createServerHandle: (
    address: string | null,
    port: number,
    addressType: number,
    fd: number,
    flags: number,
  ) => BoundHandle | number;
};

/** libuv's UV_TCP_REUSEPORT, since libuv 1.49 (Node 22.12). */
const REUSEPORT = 2;

export const EADDRINUSE: number = -os.constants.errno.EADDRINUSE;
export const EMFILE: number = -os.constants.errno.EMFILE;
export const EINVAL: number = -os.constants.errno.EINVAL;
export const EACCES: number = -os.constants.errno.EACCES;

/** Binds; returns a libuv error number where that fails. */
export function bind(query: SocketQuery, reusePort: boolean): BoundSocket | number {
  return isDatagrams(query) ? bindDatagrams(query, reusePort) : bindListening(query, reusePort);
}

/** Returns a libuv error number where that fails. */
export function bindListening(query: ListenQuery, reusePort: boolean): BoundHandle | number {
  return query.port < 0 && query.address !== null
    ? bindFile(query, query.address)
    : bindAddress(query, reusePort);
}

/** A unix socket: its file is there until it closes, and is removed then. */
function bindFile(query: ListenQuery, address: string): BoundHandle | number {
  let file: SocketFile;
  try {
    file = socketFile(address);
  } catch (error) {
    // libuv says so of a folder that is missing, too.
    const { code, errno } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? EACCES : (errno ?? EACCES);
  }
  const handle = bindAddress({ ...query, address: file.path }, false);
  if (typeof handle === 'number') {
    file.release();
    return handle;
  }
  const kept = keepName(file.path);
  const close = closerOf(file, handle.close.bind(handle));
  handle.restore = kept.restore;
  handle.close = () => {
    kept.release();
    close();
  };
  return handle;
}

function bindAddress(query: ListenQuery, reusePort: boolean): BoundHandle | number {
  const tcp = query.port >= 0;
  const flags = query.flags | (reusePort && tcp ? REUSEPORT : 0);
  const handle = created(query, flags);
  if (typeof handle === 'number') return handle;
  // libuv keeps EADDRINUSE for later; asking for the name brings it out.
  const errno = handle.getsockname?.({}) ?? 0;
  if (errno === 0) return handle;
  handle.close();
  return errno;
}

/** Node throws where there is not even a handle to bind: the worker that asked is told that, as any other failure. */
function created({ address, port, addressType }: ListenQuery, flags: number): BoundHandle | number {
  try {
    return create(address, port, addressType, -1, flags);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    return errno !== undefined && errno < 0 ? errno : -os.constants.errno.EIO;
  }
}

/** The port that was really bound, which differs from what was asked for with port 0; null for a unix socket. */
export function portOf(handle: BoundSocket): number | null {
  const name: { port?: number } = {};
  return handle.getsockname?.(name) === 0 ? (name.port ?? null) : null;
}

let reusePort: boolean | null = null;

/** Whether two sockets can listen on one port here: Linux and the BSDs, Node >= 22.12. Tried out once. */
export function canReusePort(): boolean {
  reusePort ??= tryReusePort();
  return reusePort;
}

function tryReusePort(): boolean {
  const any = { address: '127.0.0.1', port: 0, addressType: 4, flags: 0, index: 0 };
  const first = bindAddress(any, true);
  if (typeof first === 'number') return false;
  // Only a listening socket excludes others; nobody learns of this port, and it is closed right away.
  first.listen(1);
  const second = bindAddress({ ...any, port: portOf(first) ?? 0 }, true);
  first.close();
  if (typeof second === 'number') return false;
  second.close();
  return true;
}
