/**
 * Taking a worker out of rotation without its clients noticing.
 *
 * No server is closed: each one lets go of its listening handle and nothing else, so the app sees no 'close' event.
 * Keep-alive connections are told `Connection: close` with their next response; idle ones run out by the server's own
 * keepAliveTimeout, because closing them now would race with a request that is already on its way. HTTP/2 has a word
 * for all this: GOAWAY. What would never end by itself is ended in order at the last moment.
 */
import type http from 'node:http';
import type http2 from 'node:http2';
import type net from 'node:net';
import type { Duplex } from 'node:stream';
import { tell } from './channel.cts';
import { closeAfter, closeAll, dispatchLater } from './last-response.cts';
import { Ledger } from './ledger.cts';
import {
  connections,
  pending,
  responses,
  servers,
  sessions,
  setWitness,
  streams,
  upgraded,
} from './traffic.cts';
import { closeNow, closeOverTime } from './websockets.cts';
import type { DrainOrder } from '../model/protocol.ts';

/** Before the drain is over: time, in ms, for what is ended in order to reach its client. */
const LAST_MOMENT = 250;

interface Drain {
  readonly ledger: Ledger;
  readonly order: DrainOrder;
  /** On the clock of `performance.now()`. */
  readonly end: number;
  done: () => void;
  isHalfOver: boolean;
  /** The app's own hook has been asked for. */
  isQuiet: boolean;
  isClosing: boolean;
}

let current: Drain | null = null;

/** Accepts no more and calls back once no connection is left; at once if there is none. The last caller is told. */
export function drain(order: DrainOrder, done: () => void): void {
  if (current === null) begin(order, done);
  else current.done = done;
  settle();
}

export function isDraining(): boolean {
  return current !== null;
}

function begin(order: DrainOrder, done: () => void): void {
  const ledger = new Ledger(connections.size, pending());
  const last = Math.min(LAST_MOMENT, order.timeout / 2);
  const end = performance.now() + order.timeout - last;
  const drain: Drain = { ledger, order, end, done, isHalfOver: false, isQuiet: false, isClosing: false };
  current = drain;
  setWitness({
    began: (one, carrier) => {
      ledger.began(one, carrier);
      closeAfter(carrier as Duplex);
    },
    ended: (one, how) => {
      ledger.ended(one, how);
      settle();
    },
    opened: () => ledger.opened(),
    closed: settle,
    listening: takeOut,
    session: goAway,
  });
  for (const server of servers) takeOut(server);
  for (const session of sessions) goAway(session);
  closeAll();
  account(ledger);
  process.once('exit', () => account(ledger));
  if (!hasHook(order.hook)) closeWebSockets(drain);
  setTimeout(halfOver, order.timeout / 2).unref();
  setTimeout(endInOrder, order.timeout - last).unref();
  setTimeout(finishLate, order.timeout - last / 2).unref();
}

function account(ledger: Ledger): void {
  tell({ act: 'ledger', ledger: ledger.close() });
}

function takeOut(server: net.Server): void {
  release(server);
  dispatchLater(server);
}

/**
 * `close()` sends GOAWAY and lets streams in flight finish. A stream that is on its way just then is refused as not
 * processed, so that the client may send it again (RFC 9113, 8.7); the announcement that would avoid it
 * (`nghttp2_submit_shutdown_notice`) Node does not offer.
 */
function goAway(session: http2.ServerHttp2Session): void {
  session.close();
}

/** Looks whether all is over, or all but upgraded connections, which the app may know better how to close. */
function settle(): void {
  if (current === null) return;
  if (connections.size === 0) return finish();
  const { ledger, order, isQuiet, isHalfOver } = current;
  if (isQuiet || upgraded.size === 0 || ledger.inFlight > upgraded.size) return;
  const idle = connections.size - upgraded.size;
  if ((idle > 0 && !isHalfOver) || !hasHook(order.hook)) return;
  current.isQuiet = true;
  tell({ act: 'quiet' });
  closeWebSockets(current);
}

/** Whether the app does something of its own when it is told to end. */
function hasHook(hook: DrainOrder['hook']): boolean {
  return hook !== null && process.listenerCount(hook) > 0;
}

/** Idle connections whose keep-alive time is long, or slow requests, do not keep WebSockets to the last moment. */
function halfOver(): void {
  if (current === null) return;
  current.isHalfOver = true;
  settle();
  closeWebSockets(current);
}

function closeWebSockets(drain: Drain): void {
  if (drain.isClosing) return;
  drain.isClosing = true;
  const now = performance.now();
  // The last of them need some time for their answer.
  closeOverTime(now + (drain.end - now) * 0.9);
}

/** What would have been cut off is ended so that its client sees an end, where its protocol has one. */
function endInOrder(): void {
  if (current === null) return;
  closeNow();
  for (const open of responses.values())
    for (const response of open) if (isEventStream(response)) endEarly(current.ledger, response);
  for (const stream of streams.keys()) if (isEventStream2(stream)) endEarly(current.ledger, stream);
  for (const server of servers) (server as Partial<http.Server>).closeIdleConnections?.();
}

/** Its client comes back by itself. Any other response would look complete though it is not. */
function endEarly(ledger: Ledger, stream: http.ServerResponse | http2.ServerHttp2Stream): void {
  ledger.cutOff(stream);
  stream.end();
}

/** The head as it was sent: what was given to `writeHead` is nowhere else. */
function isEventStream(response: http.ServerResponse): boolean {
  const { _header: head } = response as { _header?: unknown };
  return typeof head === 'string' && /^content-type: *text\/event-stream/im.test(head);
}

function isEventStream2(stream: http2.ServerHttp2Stream): boolean {
  return stream.headersSent && String(stream.sentHeaders['content-type']).startsWith('text/event-stream');
}

/** What is left gets its signal now. */
function finishLate(): void {
  if (connections.size > 0) finish();
}

function finish(): void {
  if (current === null) return;
  account(current.ledger);
  current.done();
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
