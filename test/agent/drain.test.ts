/** A drain, on servers, connections and time that stand in for real ones. */
import { EventEmitter } from 'node:events';
import type http from 'node:http';
import type net from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { closeServers, Drain } from '../../src/agent/drain.cts';
import { Traffic } from '../../src/agent/traffic.cts';
import type { FromAgent } from '../../src/model/protocol.ts';
import { fakeResponse, fakeServer, fakeSocket, nextTick, says, endSubscriptions } from './support.ts';

endSubscriptions();
beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearInterval', 'performance'] }),
);
afterEach(() => {
  vi.useRealTimers();
  process.removeAllListeners('SIGUSR2');
});

const order = { timeout: 10_000, hook: null };

function serving() {
  const traffic = new Traffic();
  traffic.watch(() => {});
  const sent: FromAgent[] = [];
  const drain = new Drain(traffic, (message) => sent.push(message));
  const server = fakeServer();
  says.listening(server);
  const connect = (): net.Socket => {
    const socket = fakeSocket(server);
    says.connection(socket);
    return socket;
  };
  const ledger = () => sent.findLast((message) => message.act === 'ledger')?.ledger;
  return { traffic, sent, drain, server, connect, ledger, done: vi.fn() };
}

const released = (server: net.Server): unknown =>
  (server as unknown as { _handle: { release: { mock: { calls: unknown[] } } } })._handle.release.mock.calls
    .length;

function upgrade(server: net.Server, socket: net.Socket): void {
  server.emit('upgrade', { headers: { upgrade: 'websocket' }, url: '/chat' }, socket);
}

test('nothing to wait for: it is over at once', () => {
  const { drain, server, done, ledger } = serving();
  expect(drain.isUnderWay).toBe(false);
  drain.begin(order, done);
  expect([drain.isUnderWay, done.mock.calls.length, released(server)]).toEqual([true, 1, 1]);
  expect(ledger()).toMatchObject({ inFlight: 0, arrived: 0, cutOff: 0 });
});

test('the request in flight is the last on its connection; it is over when that has closed', () => {
  const { drain, connect, done, ledger } = serving();
  const [busy, idle] = [connect(), connect()];
  const response = fakeResponse();
  says.request(busy, response);
  drain.begin(order, done);
  expect([response.shouldKeepAlive, done.mock.calls]).toEqual([false, []]);
  says.finish(busy, response);
  busy.emit('close');
  expect(done).not.toHaveBeenCalled();
  idle.emit('close');
  expect(done).toHaveBeenCalledTimes(1);
  expect(ledger()).toMatchObject({ inFlight: 1, finished: 1, aborted: 0, closedIdle: 1 });
});

test('a request that comes during the drain is answered, and is the last; of several the last one', () => {
  const { drain, connect, done, ledger } = serving();
  const socket = connect();
  drain.begin(order, done);
  const [first, second] = [fakeResponse(), fakeResponse()];
  says.request(socket, first);
  expect(first.shouldKeepAlive).toBe(false);
  says.request(socket, second);
  expect([first.shouldKeepAlive, second.shouldKeepAlive]).toEqual([true, false]);
  socket.emit('close');
  expect(ledger()).toMatchObject({ inFlight: 0, arrived: 2, aborted: 2 });
});

test('a server that begins to listen, and a session that opens, are taken out as well', () => {
  const { drain, server, connect, done } = serving();
  connect();
  drain.begin(order, done);
  const late = fakeServer();
  says.listening(late);
  const session = Object.assign(new EventEmitter(), { close: vi.fn() });
  server.emit('session', session);
  expect([released(late), session.close.mock.calls.length]).toEqual([1, 1]);
});

test('requests of one packet reach the app once all of them have been read', async () => {
  const { drain, server, connect, done } = serving();
  connect();
  const app = vi.fn();
  server.on('request', app);
  drain.begin(order, done);
  server.emit('request', 1);
  expect(app).not.toHaveBeenCalled();
  await nextTick();
  expect(app.mock.calls).toEqual([[1]]);
});

test('what does not end by itself: event streams are ended, the rest is named and left to its signal', () => {
  const { drain, connect, done, ledger } = serving();
  const response = (path: string, type: string, end: () => void) =>
    Object.assign(fakeResponse('GET', path), { _header: `Content-Type: ${type}\r\n`, end }) as never;
  const [endStream, endSlow] = [vi.fn(), vi.fn()];
  const stream = response('/events', 'text/event-stream', endStream);
  const slow = response('/slow', 'text/plain', endSlow);
  for (const one of [stream, slow]) says.request(connect(), one);
  drain.begin(order, done);
  vi.advanceTimersByTime(9749);
  expect([endStream.mock.calls.length, done.mock.calls.length]).toEqual([0, 0]);
  vi.advanceTimersByTime(1);
  expect([endStream.mock.calls.length, endSlow.mock.calls.length]).toEqual([1, 0]);
  vi.advanceTimersByTime(125);
  expect(done).toHaveBeenCalledTimes(1);
  expect(ledger()).toMatchObject({
    cutOff: 2,
    cut: [
      { request: 'GET /events', times: 1 },
      { request: 'GET /slow', times: 1 },
    ],
  });
});

test('with a hook of the app, only upgraded connections are left to it, once', async () => {
  const { drain, server, connect, done, sent } = serving();
  process.on('SIGUSR2', () => {});
  server.on('upgrade', () => {});
  await nextTick();
  const [chat, busy] = [connect(), connect()];
  upgrade(server, chat);
  drain.begin({ timeout: 10_000, hook: 'SIGUSR2' }, done);
  const quiet = (): number => sent.filter(({ act }) => act === 'quiet').length;
  expect(quiet()).toBe(0);
  busy.emit('close');
  expect(quiet()).toBe(1);
  vi.advanceTimersByTime(5000);
  expect([quiet(), done.mock.calls.length]).toEqual([1, 0]);
});

test('idle connections keep the hook waiting for half of the time, and no longer', async () => {
  const { drain, server, connect, done, sent } = serving();
  process.on('SIGUSR2', () => {});
  server.on('upgrade', () => {});
  await nextTick();
  upgrade(server, connect());
  connect();
  drain.begin({ timeout: 10_000, hook: 'SIGUSR2' }, done);
  vi.advanceTimersByTime(4999);
  expect(sent.some(({ act }) => act === 'quiet')).toBe(false);
  vi.advanceTimersByTime(1);
  expect(sent.some(({ act }) => act === 'quiet')).toBe(true);
});

test('WebSockets of an app without a hook are told that it goes away', async () => {
  const { drain, server, connect, done } = serving();
  server.on('upgrade', () => {});
  await nextTick();
  const write = vi.fn();
  const socket = Object.assign(connect(), { write, writable: true, writableLength: 0 }) as never;
  upgrade(server, socket);
  drain.begin(order, done);
  vi.advanceTimersByTime(100);
  expect(write.mock.calls).toEqual([[Buffer.from([0x88, 0x02, 0x03, 0xe9])]]);
  vi.advanceTimersByTime(5000);
  expect(write).toHaveBeenCalledTimes(1);
});

test('asked again, the last caller is told', () => {
  const { drain, connect, done } = serving();
  const socket = connect();
  const again = vi.fn();
  drain.begin(order, done);
  drain.begin(order, again);
  socket.emit('close');
  expect([done.mock.calls.length, again.mock.calls.length]).toEqual([0, 1]);
});

test('all servers have closed', () => {
  const closed: (() => void)[] = [];
  const server = { close: (done: () => void) => closed.push(done) } as unknown as http.Server;
  const done = vi.fn();
  closeServers([server, server], done);
  closed[0]?.();
  expect(done).not.toHaveBeenCalled();
  closed[1]?.();
  expect(done).toHaveBeenCalledTimes(1);
  closeServers([], done);
  expect(done).toHaveBeenCalledTimes(2);
});
