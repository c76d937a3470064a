/** A probe of a server in this very process, which listens nowhere. */
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { expect, test, vi } from 'vitest';
import { isProbe, probe } from '../../src/agent/probe.cts';
import type { ProbeOutcome } from '../../src/model/protocol.ts';

const ask = (servers: net.Server[], timeout = 1000, port: number | null = null): Promise<ProbeOutcome> =>
  new Promise((resolve) => probe(servers, port, '/healthz', timeout, resolve));

test('the app is asked as by a client on this machine, and nobody counts it as one', async () => {
  const seen = vi.fn();
  const server = http.createServer((request, response) => {
    const { url, headers, socket } = request;
    seen(url, headers['user-agent'], socket.remoteAddress, isProbe(socket));
    response.writeHead(503).end('no');
  });
  expect(await ask([server])).toBe(503);
  expect(seen.mock.calls).toEqual([['/healthz', 'cluster-up-probe', '127.0.0.1', true]]);
});

test('HTTP/2', async () => {
  const seen = vi.fn();
  const server = http2.createServer((request, response) => {
    seen(request.url, isProbe(request.stream.session));
    response.writeHead(204).end();
  });
  expect(await ask([server])).toBe(204);
  expect(seen.mock.calls).toEqual([['/healthz', true]]);
});

test('a provisional answer is none yet', async () => {
  const server = http.createServer((_request, response) => {
    response.writeProcessing();
    setImmediate(() => response.writeHead(200).end());
  });
  expect(await ask([server])).toBe(200);
});

test('no answer in time', async () => {
  expect(await ask([http.createServer(() => {})], 5)).toBe('timeout');
});

test('the connection is closed instead', async () => {
  expect(await ask([http.createServer((request) => request.socket.destroy())])).toBe('closed');
});

test('nobody there who speaks HTTP', async () => {
  expect(await ask([])).toBe('no-server');
  expect(await ask([net.createServer()])).toBe('no-server');
});

test('the server with the port of the app is asked, else the first', async () => {
  const at = (port: number, status: number): net.Server => {
    const server = http.createServer((_request, response) => response.writeHead(status).end());
    return Object.assign(server, { address: () => ({ port, address: '::', family: 'IPv6' }) });
  };
  const servers = [at(81, 201), at(80, 202)];
  expect([await ask(servers, 1000, 80), await ask(servers, 1000, 82)]).toEqual([202, 201]);
});
