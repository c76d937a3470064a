/** What is known of a worker's servers, connections and requests, from Node's own words about them. */
import { EventEmitter } from 'node:events';
import type net from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { requestName, Traffic } from '../../src/agent/traffic.cts';
import { fakeResponse, fakeServer, fakeSocket, nextTick, says, endSubscriptions } from './support.ts';

endSubscriptions();

function watching() {
  const traffic = new Traffic();
  const heard: unknown[] = [];
  const listening = vi.fn();
  traffic.watch(listening);
  traffic.tell({
    began: (one) => heard.push(`began ${traffic.nameOf(one)}`),
    ended: (_one, how) => heard.push(how),
    opened: () => heard.push('opened'),
    closed: () => heard.push('closed'),
    listening: () => heard.push('listening'),
    session: () => heard.push('session'),
  });
  return { traffic, heard, listening };
}

test('servers, as long as they listen', () => {
  const { traffic, heard, listening } = watching();
  const server = fakeServer();
  says.listening(server);
  expect([[...traffic.servers], heard, listening.mock.calls]).toEqual([[server], ['listening'], [[server]]]);
  server.emit('close');
  expect(traffic.servers.size).toBe(0);
});

test('a request that is answered, and one whose client leaves', () => {
  const { traffic, heard } = watching();
  const socket = fakeSocket(fakeServer());
  const [first, second] = [fakeResponse('GET', '/a?secret'), fakeResponse('POST', '/b')];
  says.connection(socket);
  says.request(socket, first);
  says.request(socket, second);
  expect([...traffic.pending()]).toEqual([
    [first, socket],
    [second, socket],
  ]);
  says.finish(socket, first);
  expect(traffic.responses.get(socket)).toEqual([second]);
  socket.emit('close');
  expect([traffic.connections.size, traffic.responses.size]).toEqual([0, 0]);
  expect(heard).toEqual(['opened', 'began GET /a', 'began POST /b', 'finished', 'closed', 'aborted']);
});

test('one listener for each connection, however many requests it carries', () => {
  watching();
  const socket = fakeSocket(fakeServer());
  says.connection(socket);
  says.request(socket, fakeResponse());
  const before = socket.listenerCount('close');
  for (let i = 0; i < 10; i++) says.request(socket, fakeResponse());
  expect(socket.listenerCount('close')).toBe(before);
});

test('a connection that does not speak HTTP is in flight itself', () => {
  const { traffic, heard } = watching();
  const socket = fakeSocket(fakeServer(false));
  says.connection(socket);
  expect([...traffic.pending()]).toEqual([[socket, socket]]);
  socket.emit('close');
  expect(heard).toEqual(['opened', 'began connection to port 7000', 'finished', 'closed']);
});

test('streams and sessions of HTTP/2', () => {
  const { traffic, heard } = watching();
  const server = fakeServer();
  says.listening(server);
  const session = new EventEmitter();
  server.emit('session', session);
  const stream = (rstCode: number) =>
    Object.assign(new EventEmitter(), { session, rstCode, aborted: false, closed: false });
  const [good, bad] = [stream(0), stream(8)];
  for (const one of [good, bad]) session.emit('stream', one, { ':method': 'GET', ':path': '/x' });
  expect([traffic.sessions.size, traffic.streams.size, [...traffic.pending()].length]).toEqual([1, 2, 2]);
  good.emit('close');
  bad.emit('close');
  session.emit('close');
  expect([traffic.sessions.size, traffic.streams.size]).toEqual([0, 0]);
  expect(heard).toEqual(['listening', 'session', 'began GET /x', 'began GET /x', 'finished', 'aborted']);
});

test('upgrades are noted only while the app takes them', async () => {
  const { traffic, heard } = watching();
  const server: net.Server = fakeServer();
  says.listening(server);
  expect(server.listenerCount('upgrade')).toBe(0);
  const app = vi.fn();
  server.on('upgrade', app);
  await nextTick();
  expect(server.listenerCount('upgrade')).toBe(2);
  const socket = new EventEmitter() as unknown as Duplex;
  server.emit('upgrade', { headers: { upgrade: 'WebSocket' }, url: '/chat' }, socket);
  expect(traffic.upgraded.get(socket)).toEqual({ request: 'WebSocket /chat', isWebSocket: true });
  socket.emit('close');
  expect([traffic.upgraded.size, heard]).toEqual([0, ['listening', 'began WebSocket /chat', 'finished']]);
  server.off('upgrade', app);
  expect(server.listenerCount('upgrade')).toBe(0);
});

test.each([
  [['GET', '/a/b?c=d#e'], 'GET /a/b'],
  [['GET', 'https://user:word@host/a'], 'GET /a'],
  [[], 'GET /'],
  [['GET', '/\u001b[31m'], 'GET /?[31m'],
])('the name of %j', (request, name) => {
  expect(requestName(...(request as [string?, string?]))).toBe(name);
});
