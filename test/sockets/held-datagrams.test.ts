/** Whose a datagram socket is, and who reads from it; the system's sockets and the workers are stand-ins. */
import { describe, expect, test } from 'vitest';
import type { DatagramQuery, SocketQuery, ToAgent } from '../../src/model/protocol.ts';
import { overlap } from '../../src/sockets/address.ts';
import { EADDRINUSE, EMFILE } from '../../src/sockets/bind.ts';
import { HeldSockets } from '../../src/sockets/held-sockets.ts';
import type { Listener } from '../../src/sockets/listener.ts';
import type { Owner } from '../../src/sockets/port-owner.ts';

const REUSE_ADDRESS = 4;

function at(address: string | null, port = 514): DatagramQuery {
  return { address, port, type: address?.includes(':') === true ? 'udp6' : 'udp4', flags: 0, index: 0 };
}

interface Open {
  readonly query: SocketQuery;
  readonly isShared: boolean;
  readonly close: () => void;
}

interface World {
  /** Whether two sockets can be bound to one port. */
  readonly canReuse?: boolean;
  readonly balance?: Listener['balance'];
}

function world({ canReuse = false, balance = 'shared' }: World = {}) {
  const wanted = new Set(['old']);
  const staying = new Set<string>();
  const rolling = new Set<string>();
  const open = new Set<Open>();
  /** What a program has open. */
  const foreign = new Map<number, Owner>();
  const said: string[] = [];
  /** `2: lend -2`, `2: blocked`: what workers were told besides answers, in order. */
  const told: string[] = [];
  const bind = (query: SocketQuery, reuse: boolean) => {
    const isShared = reuse || query.flags === REUSE_ADDRESS;
    const others = [...open].filter((other) => overlap(other.query, query));
    if (foreign.has(query.port) || others.some((other) => !isShared || !other.isShared)) return EADDRINUSE;
    const socket: Open = { query, isShared, close: () => void open.delete(socket) };
    open.add(socket);
    return socket;
  };
  const datagrams = new HeldSockets(
    {
      isWanted: (app) => wanted.has(app),
      isStaying: (app) => staying.has(app),
      isRolling: (app) => rolling.has(app),
      needs: () => [],
      isAwaited: () => false,
      workerOf: () => null,
      refuse: (app, reason) => said.push(`${app}: ${reason}`),
    },
    {
      bind,
      canReusePort: () => canReuse,
      takenBy: (_app, { port }) => ({ owner: foreign.get(port) ?? null, reason: `${port} is taken` }),
      removeDead: () => Promise.resolve(null),
    },
  );
  const answers = new Map<number, object | number>();
  const keys = new Map<number, string>();
  const closers = new Map<number, () => void>();
  /** What the worker is handed; a libuv error number if it is refused, undefined while it waits. */
  const ask = (
    id: number,
    app: string,
    query: SocketQuery = at(null),
    revision = 'a',
  ): object | number | undefined => {
    answers.delete(id);
    const send = (message: ToAgent, handle?: object): void => {
      if (message.act === 'lend' || message.act === 'return')
        told.push(`${id}: ${message.act} ${message.slot}`);
      if (message.act !== 'socket') return;
      answers.set(id, handle ?? message.errno);
      if (message.key !== null) keys.set(id, message.key);
    };
    const blocked = (on: string): void => void told.push(`${id}: blocked on ${on}`);
    // One that is not ready reads all the same.
    const isReady = (): boolean => false;
    const listener = { id, app, revision, slot: 0, balance, user: null, isReady, send, blocked };
    datagrams.socket(listener, 1, query);
    closers.set(id, () => datagrams.closed(listener, keys.get(id) ?? ''));
    return answers.get(id);
  };
  /** The app closes its socket in the worker. */
  const closes = (id: number): void => closers.get(id)?.();
  /** The edit that gives the place of one app to another. */
  const rename = (from: string, to: string): void => {
    wanted.delete(from);
    wanted.add(to);
    staying.add(from);
  };
  const at514 = (): string[] => [...open].map(({ query }) => `${query.address ?? '*'}:${query.port}`);
  return {
    wanted,
    staying,
    rolling,
    open,
    foreign,
    said,
    told,
    answers,
    closes,
    datagrams,
    ask,
    rename,
    at514,
  };
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

describe('another address on the port', () => {
  const [narrow, wide, every] = [at('127.0.0.1'), at('0.0.0.0'), at('::')];
  const changes = [
    [wide, narrow],
    [narrow, wide],
    [narrow, every],
    [wide, every],
    [every, narrow],
  ] as const;

  test.each(changes)(
    'waits for the earlier workers, where it cannot be had beside: %o, %o',
    (first, second) => {
      const { ask, datagrams, told, answers, open } = world();
      ask(1, 'old', first);
      expect(ask(2, 'old', second, 'b')).toBeUndefined();
      expect(told).toEqual([expect.stringMatching(/^2: blocked on UDP port 514/)]);
      datagrams.leave(1);
      // It drains: the answers to what it has read go out by its socket.
      datagrams.released(1);
      expect(answers.get(2)).toBeUndefined();
      datagrams.ended(1);
      expect(answers.get(2)).toBeTypeOf('object');
      expect([...open].map(({ query }) => query)).toEqual([second]);
    },
  );

  test('is had as soon as the earlier worker closes its socket on its way out', () => {
    const { ask, datagrams, answers, closes } = world();
    ask(1, 'old', narrow);
    ask(2, 'old', wide, 'b');
    datagrams.leave(1);
    closes(1);
    expect(answers.get(2)).toBeTypeOf('object');
  });

  test.each([...changes.slice(1, 4)])(
    'is bound beside, and its workers read what comes to the old one: %o, %o',
    (first, second) => {
      const { ask, datagrams, told, open } = world({ canReuse: true });
      const old = ask(1, 'old', first);
      expect(ask(2, 'old', second, 'b')).toBeTypeOf('object');
      expect(told).toEqual([]);
      datagrams.leave(1);
      expect(told).toEqual(['2: lend -2']);
      ask(3, 'old', second, 'b');
      datagrams.ended(1);
      datagrams.settle('old');
      expect(told).toEqual(['2: lend -2', '3: lend -2']);
      expect(open.size).toBe(2);
      // Back to it: the very socket, with what waits there.
      expect(ask(4, 'old', first, 'c')).toBe(old);
      expect(told.slice(2)).toEqual(['2: return -2', '3: return -2']);
    },
  );

  test('what a worker had that crashed at once is read by the earlier ones', () => {
    const { ask, datagrams, told } = world({ canReuse: true });
    ask(1, 'old', wide);
    ask(2, 'old', narrow, 'b');
    datagrams.ended(2);
    expect(told).toEqual(['1: lend -2']);
  });

  test.each(['round-robin', 'sticky', 'kernel', 'least-connections'] as const)(
    'is bound beside under %s too, which says nothing of datagrams',
    (balance) => {
      const { ask, told, at514 } = world({ canReuse: true, balance });
      ask(1, 'old', narrow);
      expect(ask(2, 'old', wide, 'b')).toBeTypeOf('object');
      expect(ask(3, 'old', wide, 'b')).toBe(ask(4, 'old', wide, 'b'));
      expect(told).toEqual([]);
      expect(at514()).toEqual(['127.0.0.1:514', '0.0.0.0:514']);
    },
  );

  test('an app that takes the place of another one waits for that one’s workers', () => {
    const { ask, datagrams, rename, answers } = world();
    ask(1, 'old', narrow);
    rename('old', 'new');
    expect(ask(2, 'new', wide, 'b')).toBeUndefined();
    datagrams.ended(1);
    expect(answers.get(2)).toBeTypeOf('object');
  });
});

describe('ports that go from app to app', () => {
  test.each([2, 3])('%s apps trade them, each socket with what waits there', (count) => {
    const { ask, datagrams, wanted, rolling, told, answers } = world();
    const names = ['a', 'b', 'c'].slice(0, count);
    const sockets = names.map((name, i) => {
      wanted.add(name);
      rolling.add(name);
      return ask(i, name, at('127.0.0.1', 600 + i));
    });
    names.forEach((name, i) => void ask(10 + i, name, at('127.0.0.1', 600 + ((i + 1) % count)), 'b'));
    expect(told.filter((text) => text.includes('blocked'))).toHaveLength(count);
    names.forEach((_, i) => {
      datagrams.leave(i);
    });
    names.forEach((_, i) => {
      datagrams.ended(i);
    });
    expect(names.map((_, i) => answers.get(10 + i))).toEqual(names.map((_, i) => sockets[(i + 1) % count]));
  });

  test('one that a program has is waited for, if that is on its way out', () => {
    const { ask, datagrams, foreign, told, answers } = world();
    foreign.set(514, { app: 'old', slot: 0, revision: 'a' });
    expect(ask(2, 'old', at('127.0.0.1'), 'b')).toBeUndefined();
    expect(told).toEqual(['2: blocked on UDP port 514 of 127.0.0.1']);
    foreign.clear();
    datagrams.review();
    expect(answers.get(2)).toBeTypeOf('object');
  });

  test('a port for datagrams is not in the way of one to listen on', () => {
    const { ask, said } = world();
    ask(1, 'old', at('0.0.0.0'));
    const listening = { address: '127.0.0.1', port: 514, addressType: 4, flags: 0, index: 0 };
    expect(ask(2, 'other', listening)).toBeTypeOf('object');
    expect(said).toEqual([]);
  });
});

test('of sockets that let others in only the system says what is taken', () => {
  const { ask, wanted, open } = world();
  const multicast = (index: number): DatagramQuery => ({
    ...at('0.0.0.0', 5353),
    flags: REUSE_ADDRESS,
    index,
  });
  wanted.add('other');
  expect(ask(1, 'old', multicast(0))).toBeTypeOf('object');
  expect(ask(1, 'old', multicast(1))).toBeTypeOf('object');
  expect(ask(2, 'other', multicast(0))).toBeTypeOf('object');
  expect(open.size).toBe(3);
});

test('what an orphan answers from is not to be had in another way before it has ended', () => {
  const { ask, datagrams, answers, open } = world();
  const handle = { query: at('127.0.0.1'), isShared: false, close: () => void open.delete(handle) };
  open.add(handle);
  expect(datagrams.adopt('old', { kind: 'datagrams', query: handle.query }, handle, 99)).toBe(true);
  expect(datagrams.adopt('old', { kind: 'datagrams', query: handle.query }, {}, 98)).toBe(false);
  datagrams.orphanReleased(98, true);
  expect(ask(2, 'old', at('0.0.0.0'), 'b')).toBeUndefined();
  datagrams.orphanReleased(99, false);
  expect(answers.get(2)).toBeUndefined();
  datagrams.orphanReleased(99, true);
  expect(answers.get(2)).toBeTypeOf('object');
});

test('256 at a time, besides those to listen on', () => {
  const { ask } = world();
  for (let port = 1; port <= 256; port++) expect(ask(1, 'old', at(null, port))).toBeTypeOf('object');
  expect(ask(1, 'old', at(null, 300))).toBe(EMFILE);
  const listening = { address: null, port: 300, addressType: 4, flags: 0, index: 0 };
  expect(ask(1, 'old', listening)).toBeTypeOf('object');
});
