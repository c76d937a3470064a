/** Serves the page of metrics over HTTP, where and for as long as the file asks for it. */
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Line } from '../../model/notice.ts';
import type { MetricsSpec } from '../../model/spec.ts';
import { portHolder } from '../../sockets/port-holder.ts';

import { refusalOf } from './visitor.ts';

export interface EndpointOptions {
  readonly page: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly say: (line: Line) => void;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** Whoever does not send a whole request, or does not read, holds a connection no longer than this, in ms. */
const PATIENCE = 5000;
const MAX_CONNECTIONS = 100;
/** What could not be opened is tried again after this, in ms: nobody tells when a port becomes free. */
const RETRY = 5000;

export class Endpoint {
  readonly #options: EndpointOptions;
  #wanted: Place | null = null;
  #server: { readonly place: Place; readonly server: Server } | null = null;
  #moving: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  /** What was said of a failure last, so that it is said once. */
  #told: string | null = null;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  /** From now on as this asks for; a failure is told, and tried again. */
  follow(spec: MetricsSpec | null): void {
    const port = spec?.port ?? null;
    const wanted = spec === null || port === null ? null : { host: spec.host, port };
    if (isSame(wanted, this.#wanted)) return;
    this.#wanted = wanted;
    this.#told = null;
    this.#moveSoon();
  }

  #moveSoon(): void {
    clearTimeout(this.#retry);
    this.#moving = this.#moving.then(() => this.#move());
  }

  async #move(): Promise<void> {
    const wanted = this.#wanted;
    if (isSame(wanted, this.#server?.place ?? null)) return;
    const before = this.#server?.server;
    this.#server = null;
    if (before !== undefined) await close(before);
    if (wanted === null) return;
    const server = this.#create();
    try {
      await listen(server, wanted);
    } catch (error) {
      this.#failed(wanted, error as NodeJS.ErrnoException);
      return;
    }
    this.#server = { place: wanted, server };
    this.#told = null;
    this.#options.say({ level: 'info', text: `metrics on ${urlOf(server)}` });
  }

  #failed(place: Place, error: NodeJS.ErrnoException): void {
    const text = `metrics: ${whyNot(place, error)}; the apps run on without them, and it is tried again`;
    if (text !== this.#told) this.#options.say({ level: 'bad', text });
    this.#told = text;
    this.#retry = setTimeout(() => this.#moveSoon(), RETRY).unref();
  }

  #create(): Server {
    const server = http.createServer(
      {
        maxHeaderSize: 8192,
        headersTimeout: PATIENCE,
        requestTimeout: PATIENCE,
        connectionsCheckingInterval: PATIENCE / 5,
      },
      (request, response) => void this.#answer(request, response),
    );
    server.maxConnections = MAX_CONNECTIONS;
    server.timeout = 2 * PATIENCE;
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request.headers, this.#wanted?.host ?? '');
    if (refusal !== null) {
      end(response, 403, `${refusal}\n`);
      return;
    }
    const [path] = (request.url ?? '').split('?', 1);
    if (path !== '/metrics') {
      end(response, 404, 'Not found: the metrics are at /metrics.\n');
      return;
    }
    if (request.method !== 'GET') {
      end(response, 405, 'Only GET.\n', { Allow: 'GET' });
      return;
    }
    try {
      const { contentType, text } = await this.#options.page();
      response.writeHead(200, { 'Content-Type': contentType }).end(text);
    } catch (error) {
      end(response, 500, `The metrics could not be read: ${String(error)}\n`);
    }
  }
}

/** What came with the request is not read, so its connection cannot be used again. */
function end(response: ServerResponse, status: number, text: string, headers: object = {}): void {
  const type = { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' };
  response.writeHead(status, { ...type, ...headers }).end(text);
}

function listen(server: Server, { host, port }: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      // Whoever could not be let in, for want of descriptors, comes again.
      server.on('error', () => {});
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function isSame(a: Place | null, b: Place | null): boolean {
  return a?.host === b?.host && a?.port === b?.port;
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics`;
}

/** One clause that says what to change. */
function whyNot({ host, port }: Place, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE': {
      const holder = portHolder(port, 'tcp');
      return `port ${port} is taken${holder === null ? '' : ` by ${holder.name}`}: free it or change \`metrics.port\``;
    }
    case 'EACCES':
      return `port ${port} may not be opened by this user: change \`metrics.port\` to one above 1023`;
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `"${host}" is no address of this machine: change \`metrics.host\``;
    default:
      return `cannot listen on ${host}, port ${port}: ${message}`;
  }
}
