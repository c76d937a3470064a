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
import { begunHeads } from './begun-heads.cts';
import { closeAfterLast, dispatchLater } from './last-response.cts';
import { Ledger } from './ledger.cts';
import type { Traffic } from './traffic.cts';
import { closeNow, closeOverTime } from './websockets.cts';
import type { DrainOrder, FromAgent } from '../model/protocol.ts';

/** Before the drain is over: time, in ms, for what is ended in order to reach its client. */
const LAST_MOMENT = 250;

interface UnderWay {
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

export class Drain {
  readonly #traffic: Traffic;
  readonly #send: (message: FromAgent) => void;
  #current: UnderWay | null = null;

  constructor(traffic: Traffic, send: (message: FromAgent) => void) {
    this.#traffic = traffic;
    this.#send = send;
  }

  get isUnderWay(): boolean {
    return this.#current !== null;
  }

  /** Accepts no more and calls back once no connection is left; at once if there is none. The last caller is told. */
  begin(order: DrainOrder, done: () => void): void {
    if (this.#current === null) this.#begin(order, done);
    else this.#current.done = done;
    this.#look();
  }

  #begin(order: DrainOrder, done: () => void): void {
    const traffic = this.#traffic;
    const ledger = new Ledger(traffic.connections.size, traffic.pending(), (one) => traffic.nameOf(one));
    const last = Math.min(LAST_MOMENT, order.timeout / 2);
    const end = performance.now() + order.timeout - last;
    const drain = { ledger, order, end, done, isHalfOver: false, isQuiet: false, isClosing: false };
    this.#current = drain;
    this.#follow(ledger);
    for (const server of traffic.servers) takeOut(server);
    for (const session of traffic.sessions) goAway(session);
    for (const open of traffic.responses.values()) closeAfterLast(open);
    this.#account(ledger);
    process.once('exit', () => this.#account(ledger));
    if (!hasHook(order.hook)) this.#closeWebSockets(drain);
    setTimeout(() => this.#halfOver(drain), order.timeout / 2).unref();
    setTimeout(() => this.#endInOrder(ledger), order.timeout - last).unref();
    setTimeout(() => this.#finishLate(), order.timeout - last / 2).unref();
  }

  #follow(ledger: Ledger): void {
    const traffic = this.#traffic;
    traffic.tell({
      began: (one, carrier) => {
        ledger.began(one, carrier);
        closeAfterLast(traffic.responses.get(carrier as Duplex) ?? []);
      },
      ended: (one, how) => {
        ledger.ended(one, how);
        this.#look();
      },
      opened: () => ledger.opened(),
      closed: () => this.#look(),
      listening: takeOut,
      session: goAway,
    });
  }

  #account(ledger: Ledger): void {
    const { servers, responses } = this.#traffic;
    this.#send({ act: 'ledger', ledger: ledger.close(begunHeads(servers, responses)) });
  }

  /** Looks whether all is over, or all but upgraded connections, which the app may know better how to close. */
  #look(): void {
    if (this.#current === null) return;
    const { connections, upgraded } = this.#traffic;
    if (connections.size === 0) return this.#finish();
    const { ledger, order, isQuiet, isHalfOver } = this.#current;
    if (isQuiet || upgraded.size === 0 || ledger.inFlight > upgraded.size) return;
    const idle = connections.size - upgraded.size;
    if ((idle > 0 && !isHalfOver) || !hasHook(order.hook)) return;
    this.#current.isQuiet = true;
    this.#send({ act: 'quiet' });
    this.#closeWebSockets(this.#current);
  }

  /** Idle connections whose keep-alive time is long, or slow requests, do not keep WebSockets to the last moment. */
  #halfOver(drain: UnderWay): void {
    drain.isHalfOver = true;
    this.#look();
    this.#closeWebSockets(drain);
  }

  #closeWebSockets(drain: UnderWay): void {
    if (drain.isClosing) return;
    drain.isClosing = true;
    const now = performance.now();
    // The last of them need some time for their answer.
    closeOverTime(this.#traffic.upgraded, now + (drain.end - now) * 0.9);
  }

  /** What would have been cut off is ended so that its client sees an end, where its protocol has one. */
  #endInOrder(ledger: Ledger): void {
    const { upgraded, responses, streams, servers } = this.#traffic;
    closeNow(upgraded);
    for (const open of responses.values())
      for (const response of open) if (isEventStream(response)) endEarly(ledger, response);
    for (const stream of streams.keys()) if (isEventStream2(stream)) endEarly(ledger, stream);
    for (const server of servers) (server as Partial<http.Server>).closeIdleConnections?.();
  }

  /** What is left gets its signal now. */
  #finishLate(): void {
    if (this.#traffic.connections.size > 0) this.#finish();
  }

  #finish(): void {
    if (this.#current === null) return;
    this.#account(this.#current.ledger);
    this.#current.done();
  }
}

/** Closes every server as the app itself would, and calls back when all have closed. */
export function closeServers(servers: Iterable<net.Server>, done: () => void): void {
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

function takeOut(server: net.Server): void {
  release(server);
  dispatchLater(server);
}

/** Closes the listening handle beneath the server: ours, node:cluster's stand-in, or a real one (`exclusive`). */
function release(server: net.Server): void {
  const handle = (server as { _handle?: { release?(): void; close(): void } | null })._handle;
  if (handle?.release === undefined) handle?.close();
  else handle.release();
}

/**
 * `close()` sends GOAWAY and lets streams in flight finish. A stream that is on its way just then is refused as not
 * processed, so that the client may send it again (RFC 9113, 8.7); the announcement that would avoid it
 * (`nghttp2_submit_shutdown_notice`) Node does not offer.
 */
function goAway(session: http2.ServerHttp2Session): void {
  session.close();
}

/** Whether the app does something of its own when it is told to end. */
function hasHook(hook: DrainOrder['hook']): boolean {
  return hook !== null && process.listenerCount(hook) > 0;
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
