/**
 * Taking a worker out of rotation without its clients noticing.
 *
 * No server is closed: each one lets go of its listening handle and nothing else, so the app sees no 'close' event.
 * Keep-alive connections are told `Connection: close` with their next response; idle ones run out by the server's own
 * keepAliveTimeout, because closing them now would race with a request that is already on its way. HTTP/2 has a word
 * for all this: GOAWAY.
 */
import dc from 'node:diagnostics_channel';
import type net from 'node:net';
import type http from 'node:http';
import type http2 from 'node:http2';

const servers = new Set<net.Server>();
const sockets = new Set<net.Socket>();
const sessions = new Set<http2.ServerHttp2Session>();
let whenEmpty: (() => void) | null = null;

/** Begins to note servers and their connections; `listening` is called for each server that listens. */
export function observe(listening: (server: net.Server) => void): void {
  dc.subscribe('tracing:net.server.listen:asyncEnd', (message) => {
    const { server } = message as { server: net.Server };
    servers.add(server);
    server.once('close', () => servers.delete(server));
    // Only HTTP/2 servers have sessions.
    server.on('session', begin);
    listening(server);
    if (whenEmpty !== null) release(server);
  });
  dc.subscribe('net.server.socket', (message) => {
    const { socket } = message as { socket: net.Socket };
    sockets.add(socket);
    socket.once('close', forget);
  });
}

/** Accepts no more and calls back once no connection is left; at once if there is none. The last caller is told. */
export function drain(done: () => void): void {
  const isDraining = whenEmpty !== null;
  whenEmpty = done;
  if (!isDraining) stopAccepting();
  if (sockets.size === 0) done();
}

function stopAccepting(): void {
  dc.subscribe('http.server.request.start', (message) => {
    (message as { response: http.ServerResponse }).response.shouldKeepAlive = false;
  });
  for (const server of servers) release(server);
  for (const session of sessions) session.close();
}

/**
 * `close()` sends GOAWAY and lets streams in flight finish. A stream that is on its way just then is refused as not
 * processed, so that the client may send it again (RFC 9113, 8.7); the announcement that would avoid it
 * (`nghttp2_submit_shutdown_notice`) Node does not offer.
 */
function begin(session: http2.ServerHttp2Session): void {
  sessions.add(session);
  session.once('close', () => sessions.delete(session));
  if (whenEmpty !== null) session.close();
}

/** Closes every server as the app itself would, and calls back when all have closed. */
export function closeServers(done: () => void): void {
  let open = 1;
  const closed = (): void => {
    open -= 1;
    if (open === 0) done();
  };
  for (const server of servers) {
    open += 1;
    server.close(closed);
  }
  closed();
}

/** Closes the listening handle beneath the server: ours, node:cluster's stand-in, or a real one (`exclusive`). */
function release(server: net.Server): void {
  const handle = (server as { _handle?: { release?(): void; close(): void } | null })._handle;
  if (handle?.release === undefined) handle?.close();
  else handle.release();
}

function forget(this: net.Socket): void {
  sockets.delete(this);
  if (sockets.size === 0) whenEmpty?.();
}
