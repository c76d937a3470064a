/** How a worker's servers get their sockets, with a supervisor that only notes what it is sent. */
import { EventEmitter } from 'node:events';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { FedHandle } from '../../src/agent/fed-handle.cts';
import type { HeldHandle, RawHandle } from '../../src/agent/held-handle.cts';
import type { ClusterModule, ServerOptions } from '../../src/agent/listen-query.cts';
import { Sockets } from '../../src/agent/listen.cts';
import type { AgentConfig, FromAgent } from '../../src/model/protocol.ts';
import { endSubscriptions, fakeRaw, says } from './support.ts';

endSubscriptions();

const TCP = { address: null, port: 80, addressType: 4 };

function worker(balance: AgentConfig['balance'], accepts: AgentConfig['accepts'] = 'listening') {
  const sent: FromAgent[] = [];
  const handed: [FromAgent, unknown][] = [];
  const servers = new Set<EventEmitter>();
  const sockets = new Sockets({ balance, accepts }, servers as never, {
    send: (message) => sent.push(message),
    sendHandle: (message, handle) => handed.push([message, handle]),
    hold: () => () => {},
  });
  const original = vi.fn<ClusterModule['_getServer']>();
  const cluster = { _getServer: original };
  sockets.install(cluster);
  const answer = vi.fn<(errno: number, handle: unknown) => void>();
  const ask = (options: ServerOptions): void => cluster._getServer({}, options, answer);
  /** As the app's `listen()`, answered with a socket. */
  const listen = (raw: RawHandle = fakeRaw(), key = 'socket 1', options: ServerOptions = TCP) => {
    ask(options);
    const { seq } = sent.findLast((message) => message.act === 'socket') ?? { seq: 0 };
    sockets.answered({ seq, errno: 0, key, slot: 2 }, raw);
    const handle = answer.mock.lastCall?.[1] as HeldHandle & FedHandle;
    handle.listen(511);
    return handle;
  };
  return { sent, handed, servers, sockets, original, ask, answer, listen };
}

test('a server gets its socket from the supervisor', () => {
  const { sent, sockets, listen, answer } = worker('shared');
  const raw = fakeRaw();
  const handle = listen(raw);
  const query = { address: null, port: 80, addressType: 4, flags: 0, index: 0 };
  expect(sent).toEqual([{ act: 'socket', seq: 1, query }]);
  expect([answer.mock.lastCall, raw.listen.mock.calls]).toEqual([[0, handle], [[511]]]);
  expect([sockets.keyOf(handle), sockets.keyOf({})]).toEqual(['socket 1', null]);
  expect(sockets.offered()).toEqual([[{ kind: 'socket', query, slot: 2 }, raw]]);
  handle.close();
  expect(sent.at(-1)).toEqual({ act: 'closed', key: 'socket 1' });
  expect([sockets.keyOf(handle), sockets.offered()]).toEqual([null, []]);
});

test('an inherited descriptor is left to node:cluster', () => {
  const { original, ask, sent } = worker('shared');
  ask({ ...TCP, fd: 3 });
  expect([original.mock.calls.length, sent]).toEqual([1, []]);
});

test('a refusal is told to the app, and the address is free again', () => {
  const { sent, sockets, ask, answer } = worker('shared');
  ask(TCP);
  expect(sockets.serves).toBe(true);
  sockets.answered({ seq: 1, errno: -98, key: null }, undefined);
  expect([answer.mock.calls, sockets.serves]).toEqual([[[-98, null]], false]);
  ask(TCP);
  ask(TCP);
  expect(sent.map((message) => 'query' in message && message.query.index)).toEqual([0, 0, 1]);
});

test('a unix socket is named by its absolute path', () => {
  const { sent, ask } = worker('shared');
  ask({ address: 'app.sock', port: -1, addressType: -1 });
  expect(sent).toMatchObject([{ query: { address: path.resolve('app.sock'), port: -1 } }]);
});

test('a port that is taken is told to the supervisor', () => {
  const { sent, listen } = worker('shared');
  listen(fakeRaw(-98));
  expect(sent.at(-1)).toMatchObject({ act: 'listen-failed', errno: -98, query: { port: 80 } });
});

test('one that must be ready first accepts when it is told, and the app is told what fails then', () => {
  const { servers, sockets, listen } = worker('shared', 'ready');
  const raw = fakeRaw(-98);
  const _handle = listen(raw);
  const failed = vi.fn();
  servers.add(Object.assign(new EventEmitter(), { _handle }).on('error', failed));
  servers.add(new EventEmitter());
  expect(raw.listen).not.toHaveBeenCalled();
  sockets.accept();
  expect(failed.mock.calls).toMatchObject([[{ code: 'EADDRINUSE', syscall: 'listen' }]]);
});

test('where the supervisor accepts, it gets the socket back, and its connections are served', () => {
  const { sent, handed, sockets, listen } = worker('round-robin');
  const raw = fakeRaw();
  const handle = listen(raw);
  expect(handed).toEqual([[{ act: 'copy', key: 'socket 1', slot: 2 }, raw]]);
  expect([raw.listen.mock.calls, sockets.offered()]).toEqual([[], []]);
  const served = vi.fn();
  handle.onconnection = served;
  const [client, late] = [fakeRaw(), fakeRaw()];
  sockets.feed('socket 1', 7, client);
  expect([served.mock.calls, sent.at(-1)]).toEqual([
    [[0, client]],
    { act: 'took', key: 'socket 1', seq: 7, accepted: true },
  ]);
  handle.close();
  sockets.feed('socket 1', 8, late);
  expect([late.close.mock.calls.length, sent.at(-1)]).toEqual([
    1,
    { act: 'took', key: 'socket 1', seq: 8, accepted: false },
  ]);
});

test.each([
  ['sticky', TCP, 1],
  ['sticky', { address: '/app.sock', port: -1, addressType: -1 }, 0],
  ['kernel', TCP, 0],
] as const)('%s on %j: the supervisor accepts: %i', (balance, options, copies) => {
  const { handed, listen } = worker(balance);
  listen(fakeRaw(), 'socket 1', options);
  expect(handed).toHaveLength(copies);
});

test('a copy goes to whom it is of use, and is closed otherwise', () => {
  const [fed, other] = [worker('round-robin'), worker('shared')];
  const copies = [fakeRaw(), fakeRaw(), fakeRaw()] as const;
  for (const { listen } of [fed, other]) listen();
  fed.sockets.duplicate('socket 1', 0, copies[0]);
  fed.sockets.duplicate('socket 9', 0, copies[1]);
  other.sockets.duplicate('socket 1', 0, copies[2]);
  expect(copies.map(({ close }) => close.mock.calls.length)).toEqual([0, 1, 1]);
  expect(fed.handed.at(-1)).toEqual([{ act: 'copy', key: 'socket 1', slot: 0 }, copies[0]]);
});

test('under least-connections each socket has its own count and limit', () => {
  const { sent, sockets, listen } = worker('least-connections');
  const handles = ['socket 1', 'socket 2'].map((key, i) => listen(fakeRaw(), key, { ...TCP, port: 80 + i }));
  for (const key of ['socket 1', 'socket 2']) sockets.duplicate(key, -1, fakeRaw());
  sockets.limit('socket 1', 2);
  const open = (server: object | undefined) => {
    const socket = Object.assign(new EventEmitter(), { server });
    says.connection(socket as never);
    return socket;
  };
  const all = [1, 2, 3].map(() => open({ _handle: handles[0] }));
  for (let i = 0; i < 4; i++) open({ _handle: handles[1] });
  for (const server of [undefined, { _handle: null }, { _handle: {} }]) open(server);
  expect(handles.map(({ isPaused }) => isPaused)).toEqual([true, false]);
  for (const socket of all.slice(0, 2)) socket.emit('close');
  expect(handles[0]?.isPaused).toBe(false);
  expect(sent.filter(({ act }) => act === 'paused')).toEqual([{ act: 'paused', key: 'socket 1', open: 3 }]);
});

test('without a supervisor there is no limit', () => {
  const { sockets, listen } = worker('least-connections');
  const handle = listen();
  sockets.duplicate('socket 1', -1, fakeRaw());
  sockets.limit('socket 1', 0);
  says.connection(Object.assign(new EventEmitter(), { server: { _handle: handle } }) as never);
  expect(handle.isPaused).toBe(true);
  sockets.unlimited();
  expect(handle.isPaused).toBe(false);
});

test('a neighbour lends its socket; one for nobody is closed', () => {
  const { sockets, listen } = worker('kernel');
  listen();
  const [lent, lost] = [fakeRaw(), fakeRaw()];
  sockets.lend('socket 1', 5, lent);
  sockets.lend('socket 9', 5, lost);
  expect([lent.listen.mock.calls, lost.close.mock.calls.length]).toEqual([[[511]], 1]);
  sockets.giveBack('socket 1', 5);
  expect(lent.close).toHaveBeenCalledTimes(1);
});
