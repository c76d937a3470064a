/**
 * Binding a datagram socket without reading from it. node:dgram reads once it has bound, so it is told to stop before
 * anything can have come; the raw handle that can be told so is its one semi-internal part, on every Node from 11 to 26.
 */
import dgram from 'node:dgram';
import os from 'node:os';
import type { DatagramQuery } from '../model/protocol.ts';
import { IPV6_ONLY, REUSE_ADDRESS } from './address.ts';
import type { BoundSocket } from './bound-socket.ts';

const EINVAL = -os.constants.errno.EINVAL;

/**
 * Binds; returns a libuv error number where that fails.
 *
 * @param reusePort lets other sockets of this user be bound to the port beside it
 */
export function bindDatagrams(query: DatagramQuery, reusePort: boolean): BoundSocket | number {
  const { address, port, type, flags } = query;
  // What is typed is older than SO_REUSEPORT for datagrams.
  const options: dgram.SocketOptions & { reusePort: boolean } = {
    type,
    ipv6Only: (flags & IPV6_ONLY) !== 0,
    reuseAddr: (flags & REUSE_ADDRESS) !== 0,
    reusePort,
    // The worker has looked the name up. So all of this happens at once.
    lookup: (host, _options, found) => found(null, host, type === 'udp4' ? 4 : 6),
  };
  const socket = dgram.createSocket(options);
  let errno = 0;
  socket.on('error', (error: NodeJS.ErrnoException) => (errno = error.errno ?? EINVAL));
  socket.bind({ port, exclusive: true, ...(address === null ? {} : { address }) });
  const handle = rawHandle(socket);
  if (handle !== undefined && errno === 0) {
    handle.recvStop();
    return handle;
  }
  socket.close();
  return errno === 0 ? EINVAL : errno;
}

type RawHandle = BoundSocket & { recvStop(): void };

function rawHandle(socket: dgram.Socket): RawHandle | undefined {
  const state = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  );
  const states = socket as unknown as Record<symbol, { handle: RawHandle }>;
  return state === undefined ? undefined : states[state]?.handle;
}
