/** Who gets which address, told without a process: the system's sockets and the workers are stand-ins. */
import { describe, expect, test } from 'vitest';
import type { ListenQuery } from '../../src/model/protocol.ts';
import { SHARED } from '../../src/sockets/held-socket.ts';
import type { Listener } from '../../src/sockets/listener.ts';
import { at, Machine, type Worker } from './held-machine.ts';

interface Scene {
  readonly machine: Machine;
  readonly old: Worker;
  readonly next: Worker;
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

describe('another address on the same port, where the supervisor accepts', () => {
  const [narrow, wide] = [at('127.0.0.1'), at('0.0.0.0')];
  type Balance = Listener['balance'];

  function scene(from: ListenQuery, to: ListenQuery, before: Balance, after: Balance): Scene {
    const machine = new Machine(true);
    const start = (revision: string, balance: Balance, query: ListenQuery): Worker => {
      const worker = machine.worker('web', revision, balance);
      worker.answers = true;
      return worker.asks(query);
    };
    return { machine, old: start('a', before, from), next: start('b', after, to) };
  }

  test.each([
    ['round-robin', 'round-robin'],
    ['sticky', 'sticky'],
    ['sticky', 'shared'],
    ['kernel', 'round-robin'],
  ] as const)('%s to %s: both are had at a time', (before, after) => {
    const { old, next, machine } = scene(narrow, wide, before, after);
    expect([old.heard, next.heard]).toEqual([['socket'], ['socket']]);
    expect(machine.addresses).toEqual(['127.0.0.1:80', '0.0.0.0:80']);
  });

  test.each(['round-robin', 'sticky', 'shared'] as const)(
    'to a wider one with %s: its workers get what comes at the other, and what waited there',
    (after) => {
      const { machine, old, next } = scene(narrow, wide, 'round-robin', after);
      const [first, waiting] = [machine.comes(narrow), machine.comes(narrow)];
      expect(old.untaken.map(({ client }) => client)).toEqual([first]);
      old.drains();
      // It is answered for where it was sent from, which is no address of its own any more.
      old.takes().letsGo();
      expect(first.isOpen).toBe(false);
      expect(next.untaken.map(({ client }) => client)).toEqual([waiting]);
      next.takes();
      expect(waiting.isOpen).toBe(false);
      if (after === 'shared') return expect(next.heard).toEqual(['socket', 'lend -2']);
      const later = machine.comes(narrow);
      expect(next.untaken.map(({ client }) => client)).toEqual([later]);
    },
  );

  test.each([
    ['wider', narrow, wide],
    ['narrower', wide, narrow],
  ])('to a %s one: what the earlier worker has not taken when it dies goes to the next', (_, from, to) => {
    const { machine, old, next } = scene(from, to, 'round-robin', 'round-robin');
    const came = [machine.comes(from), machine.comes(from)];
    old.drains();
    machine.sockets.ended(old.listener.id);
    machine.sockets.settle('web');
    const got: unknown[] = [];
    for (let i = 0; i < 2; i += 1) {
      got.push(...next.untaken.map(({ client }) => client));
      next.takes();
    }
    expect(new Set(got)).toEqual(new Set(came));
    expect(came.some(({ isOpen }) => isOpen)).toBe(false);
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

  test('is waited for however often others ask whose it is, and it is asked for again', () => {
    const machine = new Machine(true);
    machine.foreign = [{ query: at(null), owner }];
    for (let n = 0; n < 100; n += 1) machine.sockets.whoHas('web', 80);
    const next = machine.worker('web', 'b').asks(at(null));
    for (let n = 0; n < 100; n += 1) machine.sockets.review();
    expect(next.heard).toEqual(['blocked on port 80']);
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
    expect([one?.untaken.length, two?.untaken.length]).toEqual([1, 0]);
    machine.sockets[how](listener.id);
    expect([one?.untaken.length, two?.untaken.length]).toEqual([1, 1]);
  },
);

describe('two apps that trade ports', () => {
  /** Each has asked for the other one's. */
  function trading(): { machine: Machine; old: Worker[]; next: Worker[] } {
    const machine = new Machine(true);
    const old = [
      machine.worker('left', 'a').asks(at(null, 1)),
      machine.worker('right', 'a').asks(at(null, 2)),
    ];
    for (const app of ['left', 'right']) machine.rolling.add(app);
    const next = [
      machine.worker('left', 'b').asks(at(null, 2)),
      machine.worker('right', 'b').asks(at(null, 1)),
    ];
    return { machine, old, next };
  }

  test('have them once the earlier workers have let go, and the queues stay', () => {
    const { machine, old, next } = trading();
    expect(next.map(({ heard }) => heard)).toEqual([['blocked on port 2'], ['blocked on port 1']]);
    for (const worker of old) worker.drains().letsGo();
    expect(next.map(({ heard }) => heard.at(-1))).toEqual(['socket', 'socket']);
    expect(machine.addresses).toEqual(['*:1', '*:2']);
  });

  test('get their own back where both have failed, though nobody is left whose end would say so', () => {
    const { machine, old, next } = trading();
    for (const worker of [...old, ...next]) worker.drains().letsGo();
    const back = [
      machine.worker('left', 'a').asks(at(null, 1)),
      machine.worker('right', 'a').asks(at(null, 2)),
    ];
    expect(back.map(({ heard }) => heard.at(-1))).toEqual(['socket', 'socket']);
    expect(machine.addresses).toEqual(['*:1', '*:2']);
  });

  test('one that is done but for the other one gives up what it needs no more', () => {
    const { machine, old, next } = trading();
    machine.needs.set('left', ['right']);
    const second = machine.worker('left', 'a').asks(at(null, 3));
    for (const worker of [...old, second]) worker.drains().letsGo();
    expect(next[1]?.asks(at(null, 3)).heard.at(-1)).toBe('socket');
  });
});

test('what a program does not bind itself is kept for an app that is on its way to it', () => {
  const machine = new Machine(true);
  machine.awaited.add(81);
  for (const port of [80, 81, 82]) machine.worker('web', 'a').asks(at(null, port)).drains().letsGo();
  machine.sockets.close('web', { first: 80, last: 80 });
  expect(machine.addresses).toEqual(['*:81']);
});

test('closed for a program that binds for itself, whoever else may want it', () => {
  const machine = new Machine(true);
  machine.awaited.add(80);
  machine.worker('web', 'a').asks(at(null)).drains().letsGo();
  machine.sockets.close('web', null);
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
