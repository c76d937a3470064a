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
import { listenAsTheAppDoes } from './upgrade-listener.cts';

/**
 * What a client waits for: the response to an HTTP/1 request, an HTTP/2 stream, an upgraded connection, or one that
 * never spoke HTTP.
 */
export type Pending = http.ServerResponse | http2.ServerHttp2Stream | Duplex;

/** Told of everything while a drain is under way. */
export interface ServerObserver {
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

/** What this worker's servers are doing. Begins to note it with `watch`. */
export class Traffic {
  readonly #servers = new Set<net.Server>();
  readonly #connections = new Set<net.Socket>();
  readonly #sessions = new Set<http2.ServerHttp2Session>();
  readonly #responses = new Map<Duplex, http.ServerResponse[]>();
  readonly #streams = new Map<http2.ServerHttp2Stream, Stream>();
  readonly #upgraded = new Map<Duplex, Upgraded>();
  /** Connections of servers that do not speak HTTP. */
  readonly #plain = new Set<net.Socket>();
  #observer: ServerObserver | null = null;

  /** Those that listen, in the order in which they began to. */
  get servers(): ReadonlySet<net.Server> {
    return this.#servers;
  }

  /** Every accepted connection; those with TLS as they are beneath it. */
  get connections(): ReadonlySet<net.Socket> {
    return this.#connections;
  }

  get sessions(): ReadonlySet<http2.ServerHttp2Session> {
    return this.#sessions;
  }

  /** The unfinished responses of each connection that has carried an HTTP/1 request, in the order of the requests. */
  get responses(): ReadonlyMap<Duplex, readonly http.ServerResponse[]> {
    return this.#responses;
  }

  get streams(): ReadonlyMap<http2.ServerHttp2Stream, Stream> {
    return this.#streams;
  }

  get upgraded(): ReadonlyMap<Duplex, Upgraded> {
    return this.#upgraded;
  }

  /** Begins to note servers and what they do; `listening` is called for each server that listens. */
  watch(listening: (server: net.Server) => void): void {
    dc.subscribe('tracing:net.server.listen:asyncEnd', (message) => {
      const { server } = message as { server: net.Server };
      this.#noteServer(server);
      listening(server);
      this.#observer?.listening(server);
    });
    dc.subscribe('net.server.socket', (message) => this.#noteConnection(message as { socket: net.Socket }));
    dc.subscribe('http.server.request.start', (message) => this.#noteRequest(message as Exchange));
    dc.subscribe('http.server.response.finish', (message) => this.#noteFinish(message as Exchange));
  }

  /** Tells `observer` of everything from now on. */
  tell(observer: ServerObserver): void {
    this.#observer = observer;
  }

  /** Everything that is in flight, with what carries it. */
  *pending(): Generator<[Pending, object]> {
    for (const [socket, open] of this.#responses) for (const response of open) yield [response, socket];
    for (const [stream, { session }] of this.#streams) yield [stream, session];
    for (const socket of this.#upgraded.keys()) yield [socket, socket];
    for (const socket of this.#plain) yield [socket, socket];
  }

  /** `GET /export`, `WebSocket /chat`, `connection to port 7000`. */
  nameOf(pending: Pending): string {
    const known =
      this.#streams.get(pending as http2.ServerHttp2Stream)?.request ??
      this.#upgraded.get(pending as Duplex)?.request;
    if (known !== undefined) return known;
    if ('req' in pending) return requestName(pending.req.method, pending.req.url);
    const port = (pending as net.Socket).localPort;
    return port === undefined ? 'connection to a unix socket' : `connection to port ${port}`;
  }

  #noteServer(server: net.Server): void {
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
    // Only HTTP/2 servers have sessions.
    server.on('session', this.#noteSession);
    for (const event of ['upgrade', 'connect'] as const) listenAsTheAppDoes(server, event, this.#noteUpgrade);
  }

  #noteConnection({ socket }: { socket: net.Socket }): void {
    this.#connections.add(socket);
    const { server } = socket as { server?: object };
    const isPlain = server !== undefined && !speaksHttp(server);
    if (isPlain) this.#plain.add(socket);
    this.#observer?.opened(socket);
    if (isPlain) this.#observer?.began(socket, socket);
    socket.once('close', this.#forgetConnection);
  }

  #noteRequest({ response, socket }: Exchange): void {
    if (isProbe(socket)) return;
    let open = this.#responses.get(socket);
    if (open === undefined) {
      open = [];
      this.#responses.set(socket, open);
      socket.once('close', this.#forgetRequests);
    }
    open.push(response);
    this.#observer?.began(response, socket);
  }

  #noteFinish({ response, socket }: Exchange): void {
    const open = this.#responses.get(socket);
    const at = open?.indexOf(response) ?? -1;
    if (at < 0) return;
    open?.splice(at, 1);
    this.#observer?.ended(response, 'finished');
  }

  // Listeners for what an emitter says of itself: one of each for all emitters, which find theirs through `this`.

  readonly #noteSession = (session: http2.ServerHttp2Session): void => {
    if (isProbe(session)) return;
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    session.on('stream', this.#noteStream);
    this.#observer?.session(session);
  };

  readonly #noteStream = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void => {
    const { session } = stream;
    if (session === undefined || stream.closed) return;
    this.#streams.set(stream, {
      request: requestName(headers[':method'], headers[':path']),
      session: session as http2.ServerHttp2Session,
    });
    stream.once('close', this.#forgetStream);
    this.#observer?.began(stream, session);
  };

  readonly #noteUpgrade = (request: http.IncomingMessage, socket: Duplex): void => {
    const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
    const name = requestName(isWebSocket ? 'WebSocket' : request.method, request.url);
    this.#upgraded.set(socket, { request: name, isWebSocket });
    this.#observer?.began(socket, socket);
    socket.once('close', this.#forgetUpgraded);
  };

  readonly #forgetConnection = ofItself((socket: net.Socket): void => {
    this.#connections.delete(socket);
    if (this.#plain.delete(socket)) this.#observer?.ended(socket, 'finished');
    this.#observer?.closed();
  });

  readonly #forgetRequests = ofItself((socket: Duplex): void => {
    const open = this.#responses.get(socket) ?? [];
    this.#responses.delete(socket);
    for (const response of open) this.#observer?.ended(response, 'aborted');
  });

  readonly #forgetStream = ofItself((stream: http2.ServerHttp2Stream): void => {
    this.#streams.delete(stream);
    this.#observer?.ended(stream, stream.rstCode === 0 && !stream.aborted ? 'finished' : 'aborted');
  });

  readonly #forgetUpgraded = ofItself((socket: Duplex): void => {
    this.#upgraded.delete(socket);
    this.#observer?.ended(socket, 'finished');
  });
}

/** A listener that is called with its emitter. */
function ofItself<E>(act: (emitter: E) => void): (this: E) => void {
  return function () {
    act(this);
  };
}

/** A method that only servers of node:http, node:https and node:http2 have. Importing those would cost every app. */
function speaksHttp(server: object): boolean {
  return 'closeIdleConnections' in server || 'updateSettings' in server;
}

/** Method and path: no query string, no host or user of an absolute URL, nothing that a log could stumble over. */
export function requestName(method = 'GET', url = '/'): string {
  const [path = ''] = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').split(/[?#]/, 1);
  return `${method} ${path || '/'}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}
