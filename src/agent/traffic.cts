/**
 * What this worker's servers are doing: their connections, and the requests in flight on them. It costs two entries in
 * a list per request, since a drain must know what is in flight when it begins.
 */
import dc from 'node:diagnostics_channel';
import type http from 'node:http';
import type http2 from 'node:http2';
import type net from 'node:net';
import type { Duplex } from 'node:stream';
import { isProbe } from './probe.cts';

/**
 * What a client waits for: the response to an HTTP/1 request, an HTTP/2 stream, an upgraded connection, or one that
 * never spoke HTTP.
 */
export type Pending = http.ServerResponse | http2.ServerHttp2Stream | Duplex;

/** Hears of everything while a drain is under way. */
export interface Witness {
  /** @param carrier the connection, or HTTP/2 session, that it came on. */
  readonly began: (pending: Pending, carrier: object) => void;
  /** @param how `aborted`: its connection closed before it was done. */
  readonly ended: (pending: Pending, how: 'finished' | 'aborted') => void;
  readonly opened: (connection: net.Socket) => void;
  /** A connection has closed. */
  readonly closed: () => void;
  readonly listening: (server: net.Server) => void;
  readonly session: (session: http2.ServerHttp2Session) => void;
}

export interface Upgraded {
  readonly request: string;
  readonly isWebSocket: boolean;
}
interface Stream {
  readonly request: string;
  readonly session: http2.ServerHttp2Session;
}
interface Exchange {
  readonly response: http.ServerResponse;
  readonly socket: Duplex;
}

export const servers: Set<net.Server> = new Set<net.Server>();
/** Every accepted connection; those with TLS as they are beneath it. */
export const connections: Set<net.Socket> = new Set<net.Socket>();
export const sessions: Set<http2.ServerHttp2Session> = new Set<http2.ServerHttp2Session>();
/** The unfinished responses of each connection that has carried an HTTP/1 request, in the order of the requests. */
export const responses: Map<Duplex, http.ServerResponse[]> = new Map<Duplex, http.ServerResponse[]>();
export const streams: Map<http2.ServerHttp2Stream, Stream> = new Map<http2.ServerHttp2Stream, Stream>();
export const upgraded: Map<Duplex, Upgraded> = new Map<Duplex, Upgraded>();
/** Connections of servers that do not speak HTTP. */
const plain = new Set<net.Socket>();
let witness: Witness | null = null;

/** Begins to note servers and what they do; `listening` is called for each server that listens. */
export function observe(listening: (server: net.Server) => void): void {
  dc.subscribe('tracing:net.server.listen:asyncEnd', (message) => {
    const { server } = message as { server: net.Server };
    servers.add(server);
    server.once('close', () => servers.delete(server));
    // Only HTTP/2 servers have sessions.
    server.on('session', noteSession);
    for (const event of ['upgrade', 'connect'] as const) noteUpgrades(server, event);
    listening(server);
    witness?.listening(server);
  });
  dc.subscribe('net.server.socket', (message) => noteConnection((message as { socket: net.Socket }).socket));
  dc.subscribe('http.server.request.start', (message) => noteRequest(message as Exchange));
  dc.subscribe('http.server.response.finish', (message) => noteFinish(message as Exchange));
}

export function setWitness(to: Witness): void {
  witness = to;
}

/** Everything that is in flight, with what carries it. */
export function* pending(): Generator<[Pending, object]> {
  for (const [socket, open] of responses) for (const response of open) yield [response, socket];
  for (const [stream, { session }] of streams) yield [stream, session];
  for (const socket of upgraded.keys()) yield [socket, socket];
  for (const socket of plain) yield [socket, socket];
}

/** `GET /export`, `WebSocket /chat`, `connection to port 7000`. */
export function nameOf(pending: Pending): string {
  const known =
    streams.get(pending as http2.ServerHttp2Stream)?.request ?? upgraded.get(pending as Duplex)?.request;
  if (known !== undefined) return known;
  if ('req' in pending) return requestName(pending.req.method, pending.req.url);
  const port = (pending as net.Socket).localPort;
  return port === undefined ? 'connection to a unix socket' : `connection to port ${port}`;
}

function noteConnection(socket: net.Socket): void {
  connections.add(socket);
  const { server } = socket as { server?: object };
  if (server !== undefined && !speaksHttp(server)) plain.add(socket);
  witness?.opened(socket);
  if (plain.has(socket)) witness?.began(socket, socket);
  socket.once('close', forgetConnection);
}

function forgetConnection(this: net.Socket): void {
  connections.delete(this);
  if (plain.delete(this)) witness?.ended(this, 'finished');
  witness?.closed();
}

/** A method that only servers of node:http, node:https and node:http2 have. Importing those would cost every app. */
function speaksHttp(server: object): boolean {
  return 'closeIdleConnections' in server || 'updateSettings' in server;
}

function noteRequest({ response, socket }: Exchange): void {
  if (isProbe(socket)) return;
  let open = responses.get(socket);
  if (open === undefined) {
    open = [];
    responses.set(socket, open);
    socket.once('close', forgetRequests);
  }
  open.push(response);
  witness?.began(response, socket);
}

function noteFinish({ response, socket }: Exchange): void {
  const open = responses.get(socket);
  const at = open?.indexOf(response) ?? -1;
  if (at < 0) return;
  open?.splice(at, 1);
  witness?.ended(response, 'finished');
}

function forgetRequests(this: Duplex): void {
  const open = responses.get(this) ?? [];
  responses.delete(this);
  for (const response of open) witness?.ended(response, 'aborted');
}

function noteSession(session: http2.ServerHttp2Session): void {
  if (isProbe(session)) return;
  sessions.add(session);
  session.once('close', () => sessions.delete(session));
  session.on('stream', noteStream);
  witness?.session(session);
}

function noteStream(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
  const { session } = stream;
  if (session === undefined || stream.closed) return;
  streams.set(stream, {
    request: requestName(headers[':method'], headers[':path']),
    session: session as http2.ServerHttp2Session,
  });
  stream.once('close', forgetStream);
  witness?.began(stream, session);
}

function forgetStream(this: http2.ServerHttp2Stream): void {
  streams.delete(this);
  witness?.ended(this, this.rstCode === 0 && !this.aborted ? 'finished' : 'aborted');
}

/**
 * A server with a listener for upgrades treats them in another way than one without, so ours is there only as long as
 * the app has one of its own.
 */
function noteUpgrades(server: net.Server, event: 'upgrade' | 'connect'): void {
  const emitter = server as NodeJS.EventEmitter;
  let isNoting = false;
  const follow = (): void => {
    const own = emitter.listenerCount(event) - Number(isNoting);
    if (own > 0 === isNoting) return;
    isNoting = own > 0;
    if (isNoting) emitter.prependListener(event, noteUpgrade);
    else emitter.off(event, noteUpgrade);
  };
  follow();
  // 'newListener' comes before the listener is there.
  emitter.on('newListener', (name, listener) => {
    if (name === event && listener !== noteUpgrade) process.nextTick(follow);
  });
  emitter.on('removeListener', (name, listener) => {
    if (name === event && listener !== noteUpgrade) follow();
  });
}

function noteUpgrade(request: http.IncomingMessage, socket: Duplex): void {
  const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
  const name = requestName(isWebSocket ? 'WebSocket' : request.method, request.url);
  upgraded.set(socket, { request: name, isWebSocket });
  witness?.began(socket, socket);
  socket.once('close', forgetUpgraded);
}

function forgetUpgraded(this: Duplex): void {
  upgraded.delete(this);
  witness?.ended(this, 'finished');
}

/** Method and path: no query string, no host or user of an absolute URL, nothing that a log could stumble over. */
export function requestName(method = 'GET', url = '/'): string {
  const [path = ''] = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').split(/[?#]/, 1);
  return `${method} ${path || '/'}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}
