/** An app that stays and the one that takes its place listen on the same sockets. */
import { expect, test } from 'vitest';
import type { ListenQuery, ToAgent } from '../../src/model/protocol.ts';
import { HeldSockets } from '../../src/sockets/held-sockets.ts';
import type { Listener } from '../../src/sockets/listener.ts';

const query: ListenQuery = { address: null, port: 8080, addressType: 6, flags: 0, index: 0 };

/** The system binds what it is asked to, once. */
function world() {
  const wanted = new Set(['old']);
  const staying = new Set<string>();
  const refusals: string[] = [];
  const open = new Set<object>();
  const bind = () => {
    const handle = { close: () => void open.delete(handle) };
    open.add(handle);
    return handle as never;
  };
  const sockets = new HeldSockets(
    {
      isWanted: (app) => wanted.has(app),
      isStaying: (app) => staying.has(app),
      isRolling: () => false,
      needs: () => [],
      isAwaited: () => false,
      refuse: (app, reason) => refusals.push(`${app}: ${reason}`),
      workerOf: () => null,
    },
    {
      bind,
      canReusePort: () => false,
      takenBy: () => ({ owner: null, reason: 'is taken' }),
      removeDead: () => Promise.resolve(null),
    },
  );
  /** What the worker is handed. */
  const ask = (id: number, app: string): object | undefined => {
    let handed: object | undefined;
    const listener: Listener = {
      id,
      app,
      revision: 'a',
      slot: 0,
      balance: 'shared',
      user: null,
      isReady: () => true,
      blocked: () => {},
      send: (message: ToAgent, handle?: object) => {
        if (message.act !== 'socket') return;
        handed = handle;
        if (message.key !== null) sockets.listening(listener, message.key);
      },
    };
    sockets.socket(listener, 1, query);
    return handed;
  };
  /** The edit that gives the place of one app to another. */
  const rename = (from: string, to: string): void => {
    wanted.delete(from);
    wanted.add(to);
    staying.add(from);
  };
  return { wanted, staying, refusals, open, sockets, ask, rename };
}

/** An app that stays for another one, and a worker of each on the socket that it had. */
function renamed(): ReturnType<typeof world> & { readonly socket: unknown } {
  const made = world();
  const socket = made.ask(1, 'old');
  made.rename('old', 'new');
  made.ask(2, 'new');
  return { ...made, socket };
}

test('both have it, also after a crash of the one that stays', () => {
  const { ask, rename, sockets, refusals } = world();
  const socket = ask(1, 'old');
  expect(socket).toBeDefined();
  rename('old', 'new');
  expect(ask(2, 'new')).toBe(socket);
  sockets.ended(1);
  expect(ask(3, 'old')).toBe(socket);
  expect(refusals).toEqual([]);
});

test('the one that stays keeps it when the other is taken out of the file', () => {
  const { ask, rename, sockets, open, socket } = renamed();
  sockets.ended(2);
  sockets.release('new');
  expect(open.size).toBe(1);
  rename('new', 'newer');
  expect(ask(3, 'newer')).toBe(socket);
});

test('the one that took its place keeps it when it goes', () => {
  const { ask, sockets, staying, open, socket } = renamed();
  staying.delete('old');
  sockets.leave(1);
  sockets.ended(1);
  sockets.release('old');
  expect(open.size).toBe(1);
  expect(ask(3, 'new')).toBe(socket);
});

test('a third app is refused, and told who listens there', () => {
  const { ask, rename, wanted, refusals } = world();
  ask(1, 'old');
  rename('old', 'new');
  wanted.add('third');
  ask(2, 'new');
  expect(ask(3, 'third')).toBeUndefined();
  expect(refusals).toEqual([expect.stringContaining('port 8080 belongs to app "new" already')]);
});

test('what it had is closed before a program binds for itself, but for what somebody still has', () => {
  const { ask, sockets, open } = world();
  ask(1, 'old');
  sockets.clear('old', null);
  expect(open.size).toBe(1);
  sockets.leave(1);
  sockets.clear('old', null);
  expect(open.size).toBe(1);
  sockets.released(1);
  sockets.clear('old', { first: 8081, last: 8082 });
  expect(open.size).toBe(1);
  sockets.clear('old', { first: 8079, last: 8080 });
  expect(open.size).toBe(0);
});

test('is the newcomer’s also if its only worker has just been killed when the old one goes', () => {
  const { ask, sockets, staying, open, socket } = renamed();
  staying.delete('old');
  sockets.leave(1);
  sockets.ended(2);
  sockets.ended(1);
  sockets.release('old');
  expect(open.size).toBe(1);
  expect(ask(3, 'new')).toBe(socket);
  // Its own, through its later crashes, too.
  sockets.ended(3);
  sockets.review();
  expect(ask(4, 'new')).toBe(socket);
});

test('is the newcomer’s also if the one before is back in the file, on another port', () => {
  const { ask, sockets, staying, wanted, open, socket } = renamed();
  staying.delete('old');
  wanted.add('old');
  sockets.ended(1);
  sockets.ended(2);
  sockets.settle('old');
  expect(open.size).toBe(1);
  expect(ask(3, 'new')).toBe(socket);
});

test('goes on to the next app while the newcomer stays for that one, none of which has a worker', () => {
  const { ask, rename, sockets, staying, open, socket } = renamed();
  staying.delete('old');
  rename('new', 'newer');
  sockets.ended(1);
  sockets.ended(2);
  sockets.release('old');
  expect(open.size).toBe(1);
  expect(ask(3, 'newer')).toBe(socket);
  staying.delete('new');
  sockets.ended(3);
  sockets.release('new');
  expect(ask(4, 'newer')).toBe(socket);
});

test('is nobody’s once the newcomer has left the file as well, before it could have it', () => {
  const { sockets, staying, wanted, open } = renamed();
  staying.delete('old');
  wanted.delete('new');
  sockets.ended(2);
  sockets.release('new');
  sockets.ended(1);
  sockets.release('old');
  expect(open.size).toBe(0);
});

test('is to be had by another one that may take the place, once the newcomer has gone elsewhere', () => {
  const { ask, rename, wanted, sockets, refusals } = world();
  const socket = ask(1, 'old');
  rename('old', 'new');
  wanted.add('third');
  ask(2, 'new');
  sockets.ended(2);
  expect(ask(3, 'third')).toBeUndefined();
  expect(refusals).toHaveLength(1);
  sockets.settle('new');
  expect(ask(4, 'third')).toBe(socket);
});
