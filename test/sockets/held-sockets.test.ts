/** Who gets which address, told without a process: the system's sockets and the workers are stand-ins. */
import { describe, expect, test } from 'vitest';
import type { ListenQuery, ToAgent } from '../../src/model/protocol.ts';
import { EADDRINUSE, type BoundHandle } from '../../src/sockets/bind.ts';
import { overlap } from '../../src/sockets/address.ts';
import { HeldSockets } from '../../src/sockets/held-sockets.ts';
import type { Listener } from '../../src/sockets/listener.ts';
import type { System } from '../../src/sockets/socket-requests.ts';
import { SHARED } from '../../src/sockets/held-socket.ts';
import type { Owner } from '../../src/sockets/port-owner.ts';

function at(address: string | null, port = 80): ListenQuery {
  return { address, port, addressType: address?.includes(':') === true ? 6 : 4, flags: 0, index: 0 };
}

interface Open extends BoundHandle {
  readonly query: ListenQuery;
}

/** A machine with some sockets, and workers that ask for them. */
class Machine {
  /** What the supervisor has open. */
  readonly open = new Set<Open>();
  /** What processes in fork mode have open. */
  foreign: { query: ListenQuery; owner: Owner | null }[] = [];
  readonly said: string[] = [];
  readonly rolling = new Set<string>();
  readonly gone = new Set<string>();
  readonly staying = new Set<string>();
  readonly awaited = new Set<number>();
  readonly sockets: HeldSockets;
  private lastId = 0;

  constructor(canReuse: boolean) {
    const system: System = {
      canReusePort: () => canReuse,
      removeDead: (address) => Promise.resolve(this.removeDead(address)),
      bind: (query, reuse) => this.bind(query, reuse),
      takenBy: (_app, query) => {
        const owner = this.foreign.find((other) => overlap(other.query, query))?.owner ?? null;
        return { owner, reason: `${query.port} is taken by ${owner === null ? 'a stranger' : owner.app}` };
      },
    };
    this.sockets = new HeldSockets(
      {
        isWanted: (app) => !this.gone.has(app),
        isStaying: (app) => this.staying.has(app),
        isRolling: (app) => this.rolling.has(app),
        workerOf: () => null,
        isAwaited: (_app, port) => this.awaited.has(port),
        refuse: (app, reason) => this.said.push(`${app}: ${reason}`),
      },
      system,
    );
  }

  /** What a worker sends back. */
  copy(): BoundHandle {
    return { listen: () => 0, close: () => {}, onconnection: null };
  }

  worker(app: string, revision: string, balance: Listener['balance'] = 'shared', slot = 0): Worker {
    this.lastId += 1;
    return new Worker(this, { app, revision, balance, slot, id: this.lastId });
  }

  /** An orphan hands on what it has open, and keeps it open; returns what ends that. */
  adopt(app: string, query: ListenQuery, orphan: number): () => void {
    this.sockets.adopt(app, { kind: 'socket', query, slot: -1 }, this.bind(query, true) as Open, orphan);
    const own = { query, owner: null };
    this.foreign.push(own);
    return () => {
      this.foreign = this.foreign.filter((other) => other !== own);
      this.sockets.orphanReleased(orphan);
    };
  }

  get addresses(): string[] {
    return [...this.open].map(({ query }) => `${query.address ?? '*'}:${query.port}`);
  }

  /** Files that a process has left, and those that it has open. */
  readonly files = new Map<string, 'dead' | 'open'>();

  /** The edit that gives the place of one app to another. */
  rename(from: string): void {
    this.gone.add(from);
    this.staying.add(from);
  }

  /** The one that stayed has made way, and ended. */
  retire(app: string, workers: readonly Worker[]): void {
    this.staying.delete(app);
    for (const worker of workers) worker.drains().letsGo();
    this.sockets.release(app);
  }

  private removeDead(address: string): string | null {
    const isOurs = [...this.open].some(({ query }) => query.address === address);
    if (isOurs || this.files.get(address) === 'open') return 'another process has it open';
    this.files.delete(address);
    return null;
  }

  private bind(query: ListenQuery, reuse: boolean): BoundHandle | number {
    const others = [...this.open].filter((other) => overlap(other.query, query));
    // Two sockets may have one port, but never one name.
    const isTaken =
      (others.length > 0 && (!reuse || query.port < 0)) ||
      this.foreign.some((other) => overlap(other.query, query));
    if (isTaken || this.files.has(query.address ?? '')) return EADDRINUSE;
    const handle: Open = {
      query,
      listen: () => 0,
      close: () => void this.open.delete(handle),
      onconnection: null,
    };
    this.open.add(handle);
    return handle;
  }
}

class Worker {
  /** `socket`, `refused`, `lend -2`: what it was told, in order. */
  readonly heard: string[] = [];
  /** Slots of the sockets that it was asked to send back. */
  readonly duplicates: number[] = [];
  connections = 0;
  /** The key of the address that it has. */
  key: string | null = null;
  private readonly machine: Machine;
  readonly listener: Listener;

  constructor(machine: Machine, who: Pick<Listener, 'app' | 'revision' | 'balance' | 'id' | 'slot'>) {
    this.machine = machine;
    this.listener = {
      ...who,
      user: null,
      isReady: () => true,
      send: (message) => this.hear(message),
      blocked: (on) => this.heard.push(`blocked on ${on}`),
    };
  }

  asks(query: ListenQuery): this {
    this.machine.sockets.socket(this.listener, 1, query);
    return this;
  }

  drains(): this {
    this.machine.sockets.leave(this.listener.id);
    return this;
  }

  letsGo(): this {
    this.machine.sockets.released(this.listener.id);
    return this;
  }

  private hear(message: ToAgent): void {
    if (message.act === 'socket') {
      this.key = message.key;
      this.heard.push(message.errno === 0 ? 'socket' : 'refused');
      if (message.key !== null) this.machine.sockets.listening(this.listener, message.key);
    } else if (message.act === 'duplicate') this.duplicates.push(message.slot);
    else if (message.act === 'connection') this.connections += 1;
    else if (message.act === 'lend' || message.act === 'return')
      this.heard.push(`${message.act} ${message.slot}`);
  }
}

describe('another address of the app on the same port', () => {
  const narrow = at('127.0.0.1');
  const wide = at('0.0.0.0');

  test('is bound beside, and what the old one gets goes to all workers of the wider one', () => {
    const machine = new Machine(true);
    const old = machine.worker('web', 'a').asks(narrow);
    const [one, two] = [machine.worker('web', 'b').asks(wide), machine.worker('web', 'b').asks(wide)];
    expect([old.heard, one.heard, two.heard]).toEqual([['socket'], ['socket'], ['socket']]);
    old.drains().letsGo();
    expect([one.heard, two.heard]).toEqual([
      ['socket', 'lend -2'],
      ['socket', 'lend -2'],
    ]);
    machine.sockets.settle('web');
    expect(machine.addresses).toEqual(['127.0.0.1:80', '0.0.0.0:80']);
    // A later revision gets the very socket back, with its queue.
    const back = machine.worker('web', 'c').asks(narrow);
    expect(back.heard).toEqual(['socket']);
    expect(one.heard.at(-1)).toBe('return -2');
    one.drains();
    two.drains();
    machine.sockets.settle('web');
    expect(machine.addresses).toEqual(['127.0.0.1:80']);
  });

  test('a wider one that is left is closed, once the rollout is over', () => {
    const machine = new Machine(true);
    const old = machine.worker('web', 'a').asks(wide);
    const next = machine.worker('web', 'b').asks(narrow);
    old.drains().letsGo();
    machine.sockets.settle('web');
    expect(next.heard).toEqual(['socket']);
    expect(machine.addresses).toEqual(['127.0.0.1:80']);
  });

  test.each([narrow, wide])('waits where there is no SO_REUSEPORT, until it has been let go of', (first) => {
    const machine = new Machine(false);
    const second = first === narrow ? wide : narrow;
    const old = machine.worker('web', 'a').asks(first);
    const next = machine.worker('web', 'b').asks(second);
    expect(next.heard).toEqual([`blocked on ${first === narrow ? 'port 80 of 127.0.0.1' : 'port 80'}`]);
    // It has been told to, and has it open still.
    old.drains();
    expect(next.heard).toHaveLength(1);
    old.letsGo();
    expect(next.heard.at(-1)).toBe('socket');
    expect(machine.addresses).toEqual([`${second.address ?? ''}:80`]);
  });

  test('waits for the end of a worker that never says it has let go', () => {
    const machine = new Machine(false);
    const old = machine.worker('web', 'a').asks(narrow).drains();
    const next = machine.worker('web', 'b').asks(wide);
    machine.sockets.ended(old.listener.id);
    expect(next.heard.at(-1)).toBe('socket');
  });

  test('waits until every orphan of its app has let go of it', () => {
    const machine = new Machine(false);
    const [one, two] = [machine.adopt('web', narrow, 4242), machine.adopt('web', narrow, 4243)];
    const next = machine.worker('web', 'b').asks(wide);
    expect(next.heard).toEqual(['blocked on port 80 of 127.0.0.1']);
    one();
    expect(next.heard).toHaveLength(1);
    two();
    expect(next.heard.at(-1)).toBe('socket');
    expect(machine.addresses).toEqual(['0.0.0.0:80']);
  });

  test('has what an orphan hands on at the same address at once', () => {
    const machine = new Machine(false);
    machine.adopt('web', narrow, 4242);
    expect(machine.worker('web', 'b').asks(narrow).heard).toEqual(['socket']);
  });

  test('a worker that leaves meanwhile is not answered', () => {
    const machine = new Machine(false);
    const old = machine.worker('web', 'a').asks(narrow);
    const next = machine.worker('web', 'b').asks(wide);
    machine.sockets.ended(next.listener.id);
    old.drains().letsGo();
    expect(next.heard).toEqual(['blocked on port 80 of 127.0.0.1']);
  });

  test.each([true, false])(
    'one worker cannot have both, as in one process (SO_REUSEPORT: %s)',
    (canReuse) => {
      const machine = new Machine(canReuse);
      expect(machine.worker('web', 'a').asks(narrow).asks(wide).heard).toEqual(['socket', 'refused']);
    },
  );

  test('workers of one revision do not wait for each other', () => {
    const machine = new Machine(false);
    machine.worker('web', 'a').asks(narrow);
    expect(machine.worker('web', 'a').asks(wide).heard).toEqual(['refused']);
    expect(machine.said).toEqual(['web: port 80 is open in web:0 already, as port 80 of 127.0.0.1']);
  });
});

describe('another balance on the same address', () => {
  test.each([
    ['shared', 'round-robin'],
    ['round-robin', 'shared'],
    ['sticky', 'round-robin'],
    ['kernel', 'round-robin'],
  ] as const)('%s to %s: side by side', (from, to) => {
    const machine = new Machine(false);
    const old = machine.worker('web', 'a', from).asks(at(null));
    const socket = [...machine.open];
    const next = machine.worker('web', 'b', to).asks(at(null));
    expect([old.heard, next.heard]).toEqual([['socket'], ['socket']]);
    old.drains().letsGo();
    machine.sockets.settle('web');
    // The queue is the same one.
    expect([...machine.open]).toEqual(socket);
  });

  test('what only workers of one slot accepted from is accepted from here, once they are gone', () => {
    const machine = new Machine(true);
    const old = machine.worker('web', 'a', 'kernel').asks(at(null));
    const next = machine.worker('web', 'b', 'round-robin').asks(at(null));
    expect(next.duplicates).toEqual([SHARED]);
    old.drains().letsGo();
    expect(next.duplicates).toEqual([SHARED, 0]);
    // Nobody has to accept from what is accepted from here.
    expect(old.heard).toEqual(['socket', 'lend -1', 'return -1']);
    expect(machine.addresses).toEqual(['*:80', '*:80']);
  });
});

describe('the port of a process in fork mode', () => {
  const owner = { app: 'web', slot: 0, revision: 'a' };

  test('of the earlier revision: a worker that asks for it waits for its end', () => {
    const machine = new Machine(true);
    machine.foreign = [{ query: at('127.0.0.1'), owner }];
    const next = machine.worker('web', 'b').asks(at(null));
    expect(next.heard).toEqual(['blocked on port 80']);
    machine.sockets.review();
    expect(next.heard).toHaveLength(1);
    machine.foreign = [];
    machine.sockets.review();
    expect(next.heard.at(-1)).toBe('socket');
  });

  test('of the same revision, or of a stranger, it is refused, and named', () => {
    const machine = new Machine(true);
    machine.foreign = [
      { query: at(null, 80), owner },
      { query: at(null, 81), owner: null },
    ];
    expect(machine.worker('web', 'a').asks(at(null, 80)).heard).toEqual(['refused']);
    expect(machine.worker('web', 'b').asks(at(null, 81)).heard).toEqual(['refused']);
    expect(machine.said).toEqual(['web: 80 is taken by web', 'web: 81 is taken by a stranger']);
  });
});

describe('an address of another app', () => {
  const belongs =
    'a: port 2 belongs to app "b" already, so app "a" cannot listen there: give one of them another port';

  test('that stays where it is is refused', () => {
    const machine = new Machine(true);
    machine.worker('b', 'old').asks(at(null, 2));
    expect(machine.worker('a', 'new').asks(at(null, 2)).heard).toEqual(['refused']);
    expect(machine.said).toEqual([belongs]);
  });

  test('that is on its way away is waited for, and comes with its queue', () => {
    const machine = new Machine(true);
    machine.rolling.add('a').add('b');
    const old = machine.worker('b', 'old').asks(at(null, 2));
    const socket = [...machine.open];
    const next = machine.worker('a', 'new').asks(at(null, 2));
    expect(next.heard).toEqual([]);
    machine.worker('b', 'new').asks(at(null, 3));
    old.drains().letsGo();
    // The other app's rollout may still go wrong.
    expect(next.heard).toEqual([]);
    machine.rolling.delete('b');
    machine.sockets.settle('b');
    expect(next.heard).toEqual(['socket']);
    expect([...machine.open]).toEqual(expect.arrayContaining(socket));
    expect(machine.said).toEqual([
      'a: port 2 belongs to app "b" until its rollout is over, so it waits for that',
    ]);
  });

  test('stays open when that app is done, for one on its way that names it and has not asked yet', () => {
    const machine = new Machine(true);
    machine.rolling.add('a');
    machine.awaited.add(2);
    machine.worker('b', 'old').asks(at(null, 2)).drains().letsGo();
    const socket = [...machine.open];
    machine.sockets.settle('b');
    expect([...machine.open]).toEqual(socket);
    expect(machine.worker('a', 'new').asks(at(null, 2)).heard).toEqual(['socket']);
    expect([...machine.open]).toEqual(socket);
  });

  test('is closed if the one on its way fails without having asked for it', () => {
    const machine = new Machine(true);
    machine.awaited.add(2);
    machine.worker('b', 'old').asks(at(null, 2)).drains().letsGo();
    machine.sockets.settle('b');
    machine.awaited.clear();
    machine.sockets.review();
    expect(machine.addresses).toEqual([]);
  });

  test('is refused after all if that app keeps it', () => {
    const machine = new Machine(true);
    machine.rolling.add('b');
    machine.worker('b', 'old').asks(at(null, 2));
    const next = machine.worker('a', 'new').asks(at(null, 2));
    machine.rolling.delete('b');
    machine.sockets.review();
    expect(next.heard).toEqual(['refused']);
    expect(machine.said.at(-1)).toBe(belongs);
  });

  test.each([2, 3, 4])('%s apps in a ring trade, once new workers of all of them wait', (count) => {
    const machine = new Machine(true);
    const names = ['a', 'b', 'c', 'd'].slice(0, count);
    const ports = names.map((_, i) => i + 1);
    names.forEach((name) => machine.rolling.add(name));
    const old = names.map((name, i) => machine.worker(name, 'old').asks(at(null, ports[i])));
    const before = machine.addresses;
    const next: Worker[] = [];
    names.forEach((name, i) => {
      // As long as one of them is missing, nobody has to leave.
      expect(next.flatMap(({ heard }) => heard)).toEqual([]);
      next.push(machine.worker(name, 'new').asks(at(null, ports[(i + 1) % count])));
    });
    expect(next.map(({ heard }) => heard)).toEqual(
      names.map((_, i) => [`blocked on port ${ports[(i + 1) % count] ?? ''}`]),
    );
    for (const worker of old) worker.drains();
    for (const worker of old) worker.letsGo();
    expect(next.map(({ heard }) => heard.at(-1))).toEqual(names.map(() => 'socket'));
    // No socket was closed, so nobody was refused.
    expect(machine.addresses).toEqual(before);
  });

  test('that has left the file is had at once', () => {
    const machine = new Machine(true);
    machine.worker('b', 'old').asks(at(null, 2));
    machine.gone.add('b');
    expect(machine.worker('a', 'new').asks(at(null, 2)).heard).toEqual(['socket']);
  });
});

describe('an app that takes the place of one on another address of the port', () => {
  const narrow = at('127.0.0.1');
  const wide = at('0.0.0.0');

  test('listens beside it, and has its queue where it listens on all of that', () => {
    const machine = new Machine(true);
    const old = machine.worker('old', 'a').asks(narrow);
    machine.rename('old');
    const next = machine.worker('new', 'b').asks(wide);
    expect([old.heard, next.heard]).toEqual([['socket'], ['socket']]);
    machine.retire('old', [old]);
    expect(next.heard).toEqual(['socket', 'lend -2']);
    expect(machine.addresses).toEqual(['127.0.0.1:80', '0.0.0.0:80']);
    // And back again.
    machine.rename('new');
    const back = machine.worker('newer', 'c').asks(narrow);
    expect(back.heard).toEqual(['socket']);
    machine.retire('new', [next]);
    expect(machine.addresses).toEqual(['127.0.0.1:80']);
  });

  test('a crash of the one that stays costs it nothing', () => {
    const machine = new Machine(true);
    const old = machine.worker('old', 'a').asks(narrow);
    const sockets = [...machine.open];
    machine.rename('old');
    const next = machine.worker('new', 'b').asks(wide);
    machine.sockets.ended(old.listener.id);
    expect(machine.worker('old', 'a').asks(narrow).heard).toEqual(['socket']);
    expect(next.heard).toEqual(['socket']);
    expect([...machine.open]).toEqual(expect.arrayContaining(sockets));
    expect(machine.open.size).toBe(2);
  });

  test('is not handed what only another address of it is', () => {
    const machine = new Machine(true);
    const old = machine.worker('old', 'a').asks(wide);
    machine.rename('old');
    const next = machine.worker('new', 'b').asks(narrow);
    machine.retire('old', [old]);
    expect(next.heard).toEqual(['socket']);
    expect(machine.addresses).toEqual(['127.0.0.1:80']);
  });

  test.each([
    [narrow, wide],
    [wide, narrow],
  ])('waits where there is no SO_REUSEPORT, until it has been let go of', (first, second) => {
    const machine = new Machine(false);
    const old = machine.worker('old', 'a').asks(first);
    machine.rename('old');
    const next = machine.worker('new', 'b').asks(second);
    expect(next.heard).toEqual([expect.stringMatching(/^blocked on port 80/)]);
    machine.retire('old', [old]);
    expect(next.heard.at(-1)).toBe('socket');
    expect(machine.addresses).toEqual([`${second.address ?? ''}:80`]);
  });

  test.each([true, false])('a third app gets neither (SO_REUSEPORT: %s)', (canReuse) => {
    const machine = new Machine(canReuse);
    machine.worker('old', 'a').asks(narrow);
    machine.rename('old');
    machine.worker('new', 'b').asks(narrow);
    expect(machine.worker('third', 'c').asks(wide).heard).toEqual(['refused']);
    expect(machine.said).toEqual([expect.stringContaining('belongs to app "new" already')]);
  });
});

test.each(['ended', 'disconnected'] as const)(
  'what was sent to a worker that has %s goes to another one',
  (how) => {
    const machine = new Machine(true);
    const [one, two] = [0, 1].map(() => machine.worker('web', 'a', 'round-robin').asks(at(null)));
    const { key, listener } = one ?? expect.fail();
    const copy = machine.copy();
    machine.sockets.copied(listener, key ?? '', SHARED, copy);
    copy.onconnection?.(0, { close: () => {} });
    expect([one?.connections, two?.connections]).toEqual([1, 0]);
    machine.sockets[how](listener.id);
    expect([one?.connections, two?.connections]).toEqual([1, 1]);
  },
);

test('closed for a program that binds for itself, whoever else may want it', () => {
  const machine = new Machine(true);
  machine.awaited.add(80);
  machine.worker('web', 'a').asks(at(null)).drains().letsGo();
  machine.sockets.close('web');
  expect(machine.addresses).toEqual([]);
});

describe('a unix socket at whose name there is a file', () => {
  const query = { ...at('/run/app.sock', -1), addressType: -1 };

  test('that nobody has open: the worker has it', async () => {
    const machine = new Machine(true);
    machine.files.set('/run/app.sock', 'dead');
    const worker = machine.worker('web', 'a').asks(query);
    expect(worker.heard).toEqual([]);
    await Promise.resolve();
    expect(worker.heard).toEqual(['socket']);
    expect(machine.said).toEqual([]);
  });

  test('of two workers that ask at a time both have the same', async () => {
    const machine = new Machine(true);
    machine.files.set('/run/app.sock', 'dead');
    const both = [machine.worker('web', 'a').asks(query), machine.worker('web', 'a').asks(query)];
    await Promise.resolve();
    expect(both.map(({ heard }) => heard)).toEqual([['socket'], ['socket']]);
    expect(machine.open.size).toBe(1);
  });

  test('that is open elsewhere: refused, and said why; asked again, it is looked at again', async () => {
    const machine = new Machine(true);
    machine.files.set('/run/app.sock', 'open');
    const worker = machine.worker('web', 'a').asks(query);
    await Promise.resolve();
    expect(worker.heard).toEqual(['refused']);
    expect(machine.said).toEqual([
      'web: unix socket /run/app.sock is not opened: another process has it open',
    ]);
    machine.files.set('/run/app.sock', 'dead');
    worker.asks(query);
    await Promise.resolve();
    expect(worker.heard).toEqual(['refused', 'socket']);
  });

  test('a worker that has ended meanwhile is not answered', async () => {
    const machine = new Machine(true);
    machine.files.set('/run/app.sock', 'dead');
    const worker = machine.worker('web', 'a').asks(query);
    machine.sockets.ended(worker.listener.id);
    await Promise.resolve();
    expect(worker.heard).toEqual([]);
    expect(machine.open.size).toBe(0);
  });
});

test('a unix socket is one for all workers, also where the kernel spreads over sockets of a port', () => {
  const machine = new Machine(true);
  const query: ListenQuery = { address: '/run/web.sock', port: -1, addressType: -1, flags: 0, index: 0 };
  const workers = [0, 1].map((slot) => machine.worker('web', 'a', 'kernel', slot).asks(query));
  expect(workers.map(({ heard }) => heard)).toEqual([['socket'], ['socket']]);
  expect(machine.addresses).toEqual(['/run/web.sock:-1']);
});
