/**
 * Requests whose head has begun to come and has not come in full: no channel tells of them, so they look as if their
 * connection were idle. Node keeps a list of them, for its own timeouts (lib/_http_server.js, Node 20 to 26).
 */
import type net from 'node:net';
import type { Duplex } from 'node:stream';

interface Parser {
  readonly socket?: (Duplex & { readonly bytesRead?: number; readonly encrypted?: boolean }) | null;
}

/** The connections of all HTTP/1 servers on which there is one; `carried`: those that have carried a request before. */
export function begunHeads(servers: Iterable<net.Server>, carried: ReadonlyMap<Duplex, unknown>): Duplex[] {
  const sockets = [...servers].flatMap(activeOf).map(({ socket }) => socket ?? null);
  return sockets.filter((socket) => socket !== null && hasBegun(socket, carried.has(socket))) as Duplex[];
}

/** One that is new is on Node's list before its first byte; with TLS, the bytes of the handshake tell nothing. */
function hasBegun(socket: NonNullable<Parser['socket']>, hasCarried: boolean): boolean {
  return hasCarried || (socket.encrypted !== true && (socket.bytesRead ?? 0) > 0);
}

function activeOf(server: net.Server): readonly Parser[] {
  const key = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  );
  const list =
    key === undefined ? undefined : (server as unknown as Record<symbol, { active?(): Parser[] }>)[key];
  return list?.active?.() ?? [];
}
