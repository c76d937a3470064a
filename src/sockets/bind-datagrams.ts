/**
 * Binding a datagram socket without reading from it. node:dgram reads once it has bound, so it is told to stop before
 * anything can have come; the raw handle that can be told so is its one semi-internal part, on every Node from 11 to 26.
 */
import dgram from 'node:dgram';
import os from 'node:os';
import type { DatagramQuery } from '../model/protocol.ts';

/** A bound UDP handle, of a socket that this process never reads. */
export interface BoundDatagrams {
  readonly handle: object;
  close(): void;
}

/** libuv's flags of a bind. */
const IPV6_ONLY = 1;
const REUSE_ADDRESS = 4;

const EINVAL = -os.constants.errno.EINVAL;

/** Binds; returns a libuv error number where that fails. */
export function bindDatagrams({ address, port, type, flags }: DatagramQuery): BoundDatagrams | number {
  const socket = dgram.createSocket({
    type,
    ipv6Only: (flags & IPV6_ONLY) !== 0,
    reuseAddr: (flags & REUSE_ADDRESS) !== 0,
    // The worker has looked the name up. So all of this happens at once.
    lookup: (host, _options, found) => found(null, host, type === 'udp4' ? 4 : 6),
  });
  let errno = 0;
  socket.on('error', (error: NodeJS.ErrnoException) => (errno = error.errno ?? EINVAL));
  socket.bind({ port, exclusive: true, ...(address === null ? {} : { address }) });
  const handle = rawHandle(socket);
  if (handle !== undefined && errno === 0) {
    handle.recvStop();
    return { handle, close: () => void socket.close() };
  }
  socket.close();
  return errno === 0 ? EINVAL : errno;
}

function rawHandle(socket: dgram.Socket): { recvStop(): void } | undefined {
  const state = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  );
  const states = socket as unknown as Record<symbol, { handle: { recvStop(): void } }>;
  return state === undefined ? undefined : states[state]?.handle;
}
