/**
 * The end of a kept-alive HTTP/1 connection: the last response that it carries says `Connection: close`.
 *
 * Of pipelined requests that have arrived together, only the last may be answered so: whatever follows such an answer
 * is lost. A server dispatches each request as soon as it is read, before it is known whether others follow, so during
 * a drain the dispatch waits until the whole packet has been read.
 */
import type http from 'node:http';
import type net from 'node:net';

type WriteHead = (...args: unknown[]) => http.ServerResponse;

/** Responses that are to say `Connection: close`. */
const last = new WeakSet<http.ServerResponse>();
const DISPATCHED: ReadonlySet<unknown> = new Set(['request', 'checkContinue', 'checkExpectation']);

/** Requests of one packet reach the app only once all of them have been read. */
export function dispatchLater(server: net.Server): void {
  const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean;
  server.emit = (event: string | symbol, ...args: unknown[]) => {
    if (!DISPATCHED.has(event)) return emit(event, ...args);
    process.nextTick(emit, event, ...args);
    return true;
  };
}

/** The last of the unfinished responses of a connection says `Connection: close`, unless it has begun already. */
export function closeAfterLast(open: readonly http.ServerResponse[]): void {
  const response = open.at(-1);
  // Where the client has asked for it, it says so anyway.
  if (response === undefined || response.headersSent || !response.shouldKeepAlive) return;
  for (const earlier of open) if (last.delete(earlier)) earlier.shouldKeepAlive = true;
  last.add(response);
  response.shouldKeepAlive = false;
  overrule(response);
}

/** An app that sets the header itself, as proxies do that copy it, would keep the connection open. */
function overrule(response: http.ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as WriteHead;
  const told: WriteHead = (...args) => {
    if (!last.has(response)) return writeHead(...args);
    if (response.hasHeader('connection')) response.setHeader('connection', 'close');
    return writeHead(...args.map(withClose));
  };
  response.writeHead = told;
}

/** The headers among the arguments of `writeHead`, as an object. */
function withClose(arg: unknown): unknown {
  if (typeof arg !== 'object' || arg === null || Array.isArray(arg)) return arg;
  const name = Object.keys(arg).find((key) => key.toLowerCase() === 'connection');
  return name === undefined ? arg : { ...arg, [name]: 'close' };
}
