/** Stand-ins for what the agent meets in a process: connections, sockets, and Node's own words about them. */
import dc from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type http from 'node:http';
import type net from 'node:net';
import { afterEach, beforeEach, vi } from 'vitest';
import type { RawHandle } from '../../src/agent/held-handle.cts';

/** A socket of the system's, as far as servers use one. */
export function fakeRaw(errno = 0) {
  return {
    listen: vi.fn<(backlog: number) => number>(() => errno),
    close: vi.fn(),
    ref: vi.fn(),
    unref: vi.fn(),
    getsockname: (out: object) => {
      Object.assign(out, { address: '0.0.0.0', port: 80 });
      return 0;
    },
    onconnection: null as RawHandle['onconnection'],
  };
}

/** A server of node:http, or one that speaks something else. */
export function fakeServer(speaksHttp = true): net.Server {
  const http = { closeIdleConnections: vi.fn() };
  const server = new EventEmitter();
  const handle = { release: vi.fn(), close: vi.fn() };
  return Object.assign(server, { _handle: handle }, speaksHttp ? http : {}) as unknown as net.Server;
}

export function fakeSocket(server: net.Server | undefined): net.Socket {
  return Object.assign(new EventEmitter(), { server, localPort: 7000 }) as unknown as net.Socket;
}

export function fakeResponse(method = 'GET', url = '/'): http.ServerResponse {
  const response = {
    req: { method, url },
    headersSent: false,
    shouldKeepAlive: true,
    statusCode: 200,
    writableFinished: false,
    writeHead: vi.fn(),
    end: vi.fn(),
  };
  return response as unknown as http.ServerResponse;
}

export const says = {
  listening: (server: net.Server) => dc.channel('tracing:net.server.listen:asyncEnd').publish({ server }),
  connection: (socket: net.Socket) => dc.channel('net.server.socket').publish({ socket }),
  request: (socket: net.Socket, response: http.ServerResponse) =>
    dc.channel('http.server.request.start').publish({ socket, response }),
  finish: (socket: net.Socket, response: http.ServerResponse) =>
    dc.channel('http.server.response.finish').publish({ socket, response }),
};

/** Whatever the process does before its next turn is done. */
export const nextTick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

type Subscription = Parameters<typeof dc.subscribe>;
const subscriptions: Subscription[] = [];

/** Whoever listens to Node's words in a test listens no more after it: all tests share them. */
export function endSubscriptions(): void {
  const { subscribe } = dc;
  beforeEach(() => {
    dc.subscribe = (...subscription: Subscription) => {
      subscriptions.push(subscription);
      subscribe(...subscription);
    };
  });
  afterEach(() => {
    dc.subscribe = subscribe;
    for (const subscription of subscriptions.splice(0)) dc.unsubscribe(...subscription);
  });
}
