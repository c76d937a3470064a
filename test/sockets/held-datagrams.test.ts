/** Whose a datagram socket is while one app takes the place of another; the system's sockets are stand-ins. */
import { expect, test } from 'vitest';
import type { DatagramQuery, ToAgent } from '../../src/model/protocol.ts';
import { EADDRINUSE } from '../../src/sockets/bind.ts';
import { HeldDatagrams } from '../../src/sockets/held-datagrams.ts';

function at(address: string | null, port = 514): DatagramQuery {
  return { address, port, type: 'udp4', flags: 0, index: 0 };
}

interface Open {
  readonly query: DatagramQuery;
  readonly close: () => void;
}

/** As on Linux without SO_REUSEADDR: a wildcard and an address of it are not to be had at a time. */
function world() {
  const wanted = new Set(['old']);
  const staying = new Set<string>();
  const open = new Set<Open>();
  const bind = (query: DatagramQuery) => {
    const isWild = query.address === null;
    const isTaken = ({ query: { address, port } }: Open): boolean =>
      port === query.port && (isWild || address === null || address === query.address);
    if ([...open].some(isTaken)) return EADDRINUSE;
    const socket: Open = { query, close: () => void open.delete(socket) };
    open.add(socket);
    return { handle: socket, close: socket.close };
  };
  const datagrams = new HeldDatagrams(
    { isWanted: (app) => wanted.has(app), isStaying: (app) => staying.has(app) },
    bind,
  );
  /** What the worker is handed; a libuv error number if it is refused. */
  const ask = (id: number, app: string, query = at(null)): object | number | undefined => {
    let answer: object | number | undefined;
    const send = (message: ToAgent, handle?: object): void => {
      if (message.act === 'socket') answer = handle ?? message.errno;
    };
    datagrams.socket({ id, app, send }, 1, query);
    return answer;
  };
  /** The edit that gives the place of one app to another. */
  const rename = (from: string, to: string): void => {
    wanted.delete(from);
    wanted.add(to);
    staying.add(from);
  };
  return { wanted, staying, open, datagrams, ask, rename };
}

test('both have it, also after a crash of the one that stays', () => {
  const { ask, rename, datagrams } = world();
  const socket = ask(1, 'old');
  expect(socket).toBeTypeOf('object');
  rename('old', 'new');
  expect(ask(2, 'new')).toBe(socket);
  datagrams.leave(1);
  expect(ask(3, 'old')).toBe(socket);
});

test('is the newcomer’s also if its only worker has just been killed when the old one goes', () => {
  const { ask, rename, staying, datagrams, open } = world();
  const socket = ask(1, 'old');
  rename('old', 'new');
  ask(2, 'new');
  staying.delete('old');
  datagrams.leave(1);
  datagrams.leave(2);
  datagrams.release('old');
  expect(open.size).toBe(1);
  expect(ask(3, 'new')).toBe(socket);
  // Its own, through its later crashes, too.
  datagrams.leave(3);
  datagrams.settle('old');
  expect(ask(4, 'new')).toBe(socket);
});

test('is the newcomer’s also if the one before is back in the file, on another port', () => {
  const { ask, rename, staying, wanted, datagrams } = world();
  const socket = ask(1, 'old');
  rename('old', 'new');
  ask(2, 'new');
  staying.delete('old');
  wanted.add('old');
  datagrams.leave(1);
  datagrams.leave(2);
  datagrams.settle('old');
  expect(ask(3, 'new')).toBe(socket);
});

test('is closed with the old one if the newcomer has left the file as well', () => {
  const { ask, rename, staying, wanted, datagrams, open } = world();
  ask(1, 'old');
  rename('old', 'new');
  ask(2, 'new');
  staying.delete('old');
  wanted.delete('new');
  datagrams.leave(2);
  datagrams.release('new');
  datagrams.leave(1);
  datagrams.release('old');
  expect(open.size).toBe(0);
});

test('a third app does not come between the two, also while neither has a worker', () => {
  const { ask, rename, wanted, datagrams } = world();
  const socket = ask(1, 'old');
  rename('old', 'new');
  wanted.add('third');
  ask(2, 'new');
  expect(ask(3, 'third')).toBe(EADDRINUSE);
  datagrams.leave(1);
  datagrams.leave(2);
  expect(ask(4, 'third')).toBe(EADDRINUSE);
  expect(ask(5, 'new')).toBe(socket);
  // It has gone elsewhere: whoever asks first may take the place.
  datagrams.leave(5);
  datagrams.settle('new');
  expect(ask(6, 'third')).toBe(socket);
});

test.each([
  [at(null), at('127.0.0.1')],
  [at('127.0.0.1'), at(null)],
])('of another address on the port nobody is handed the socket', (first, second) => {
  const { ask, datagrams, open, rename } = world();
  ask(1, 'old', first);
  rename('old', 'new');
  expect(ask(2, 'new', second)).toBe(EADDRINUSE);
  datagrams.leave(1);
  datagrams.release('old');
  expect(ask(3, 'new', second)).toBeTypeOf('object');
  expect([...open].map(({ query }) => query)).toEqual([second]);
});
