/**
 * Counting the worker's HTTP requests through Node's diagnostics channels. Nothing of the app's is patched or marked:
 * what is remembered of a request is kept beside it, and array increments are all that a request costs.
 *
 * HTTP/1 has a channel for a response that is complete and none for one that is not, so the end of its connection
 * tells of that. HTTP/2 has a channel for the start of a stream since late versions of Node 22, and for its end since
 * even later ones, so its 'close' event tells of that; on Node 20 its requests are not counted.
 */
import dc from 'node:diagnostics_channel';
import type http from 'node:http';
import type http2 from 'node:http2';
import type net from 'node:net';
import { performance } from 'node:perf_hooks';
import { isProbe } from './probe.cts';

interface Http1Message {
  readonly response: http.ServerResponse;
  readonly socket: net.Socket;
}
interface Http2Message {
  readonly stream: http2.ServerHttp2Stream;
}
/** When each request in flight began, in ms. */
type Starts = Map<object, number>;

export class Requests {
  /** All that began. */
  begun = 0;
  /** Complete responses by class: 1xx, 2xx, … 5xx. */
  readonly responses: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  /** Requests whose connection or stream ended before their response was complete. */
  aborted = 0;
  inFlight = 0;
  /** Complete responses by duration: up to each bound, and above all of them. */
  readonly buckets: number[];
  /** Of all complete responses together. */
  seconds = 0;
  readonly #bounds: readonly number[];
  readonly #sockets = new Map<net.Socket, Starts>();
  readonly #streams = new Map<http2.ServerHttp2Stream, number>();
  readonly #whenSocketClosed: (this: net.Socket) => void;
  readonly #whenStreamClosed: (this: http2.ServerHttp2Stream) => void;
  readonly #channels: readonly (readonly [name: string, listener: (message: unknown) => void])[] = [
    ['http.server.request.start', (message) => this.#began(message as Http1Message)],
    ['http.server.response.finish', (message) => this.#finished(message as Http1Message)],
    ['http2.server.stream.start', (message) => this.#streamBegan(message as Http2Message)],
  ];

  /** @param bounds of the buckets, ascending, in seconds */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.buckets = new Array<number>(bounds.length + 1).fill(0);
    const abort = (socket: net.Socket): void => this.#abort(socket);
    this.#whenSocketClosed = function () {
      abort(this);
    };
    const close = (stream: http2.ServerHttp2Stream): void => this.#streamClosed(stream);
    this.#whenStreamClosed = function () {
      close(this);
    };
    for (const [name, listener] of this.#channels) dc.subscribe(name, listener);
  }

  stop(): void {
    for (const [name, listener] of this.#channels) dc.unsubscribe(name, listener);
    // Or a connection that lives long would have one more listener each time that counting begins.
    for (const socket of this.#sockets.keys()) socket.off('close', this.#whenSocketClosed);
    for (const stream of this.#streams.keys()) stream.off('close', this.#whenStreamClosed);
  }

  #began({ response, socket }: Http1Message): void {
    if (isProbe(socket)) return;
    let starts = this.#sockets.get(socket);
    if (starts === undefined) {
      starts = new Map();
      this.#sockets.set(socket, starts);
      socket.once('close', this.#whenSocketClosed);
    }
    this.#begin(starts, response);
  }

  #finished({ response, socket }: Http1Message): void {
    this.#end(this.#sockets.get(socket), response, response.statusCode);
  }

  #streamBegan({ stream }: Http2Message): void {
    // Even numbers are streams that the server pushes: nobody has requested them.
    if ((stream.id ?? 1) % 2 === 0 || isProbe(stream.session)) return;
    this.#begin(this.#streams, stream);
    stream.once('close', this.#whenStreamClosed);
  }

  #streamClosed(stream: http2.ServerHttp2Stream): void {
    const isWhole = !stream.aborted && stream.rstCode === 0;
    if (isWhole) this.#end(this.#streams, stream, Number(stream.sentHeaders[':status']));
    else if (this.#streams.delete(stream)) this.#lose(1);
  }

  #begin(starts: Starts, request: object): void {
    this.begun += 1;
    this.inFlight += 1;
    starts.set(request, performance.now());
  }

  #end(starts: Starts | undefined, request: object, status: number): void {
    const start = starts?.get(request);
    // It began before anybody counted.
    if (starts === undefined || start === undefined) return;
    starts.delete(request);
    this.inFlight -= 1;
    const kind = Math.min(5, Math.max(1, Math.trunc(status / 100))) - 1;
    this.responses[kind as 0 | 1 | 2 | 3 | 4] += 1;
    const seconds = (performance.now() - start) / 1000;
    this.seconds += seconds;
    let bucket = 0;
    while (bucket < this.#bounds.length && seconds > (this.#bounds[bucket] ?? 0)) bucket += 1;
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
  }

  #abort(socket: net.Socket): void {
    const starts = this.#sockets.get(socket);
    this.#sockets.delete(socket);
    if (starts !== undefined) this.#lose(starts.size);
  }

  #lose(requests: number): void {
    this.aborted += requests;
    this.inFlight -= requests;
  }
}
