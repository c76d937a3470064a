/** Who gets the connections that the supervisor accepts, without a process: sockets and workers are stand-ins. */
import { expect, test } from 'vitest';
import type { AgentConfig } from '../../src/model/protocol.ts';
import { Acceptor, type Receiver } from '../../src/sockets/acceptor.ts';
import type { BoundHandle, Connection } from '../../src/sockets/bind.ts';
import { MAX_PENDING } from '../../src/sockets/next-worker.ts';

type Balance = AgentConfig['balance'];

class Client implements Connection {
  isOpen = true;
  readonly address: string;
  constructor(address: string) {
    this.address = address;
  }
  close(): void {
    this.isOpen = false;
  }
  getpeername(out: { address?: string }): number {
    out.address = this.address;
    return 0;
  }
}

class Socket implements BoundHandle {
  onconnection: BoundHandle['onconnection'] = null;
  listens = false;
  isOpen = true;
  listen(): number {
    this.listens = true;
    return 0;
  }
  close(): void {
    this.isOpen = false;
  }
}

/** One address, with copies of its socket. */
class Place {
  readonly copies: Socket[] = [];
  /** Accepts for itself, if there is one. */
  other: Worker | undefined;
  readonly acceptor: Acceptor = new Acceptor('socket 1', () => this.other?.receiver, {
    last: 0,
  });

  constructor() {
    this.acceptor.acceptFrom(new Map([[-1, new Socket()]]));
  }

  copy(id: number): Socket {
    const socket = new Socket();
    this.copies.push(socket);
    this.acceptor.copied(id, -1, socket);
    return socket;
  }

  get accepting(): Socket[] {
    return this.copies.filter(({ isOpen, listens }) => isOpen && listens);
  }

  /** As long as anything is accepted. */
  come(count: number, address = '10.0.0.1'): Client[] {
    const came: Client[] = [];
    for (let i = 0; i < count; i++) {
      const [socket] = this.accepting;
      if (socket === undefined) break;
      const client = new Client(address);
      came.push(client);
      socket.onconnection?.(0, client);
    }
    return came;
  }
}

let lastId = 0;

class Worker {
  /** What it was sent and has not answered. */
  readonly untaken: number[] = [];
  clients: Client[] = [];
  asked = 0;
  answers = true;
  readonly receiver: Receiver;
  private readonly place: Place;

  constructor(place: Place, slot: number, balance: Balance) {
    lastId += 1;
    const id = lastId;
    this.place = place;
    this.receiver = {
      id,
      slot,
      balance,
      send: (message, handle) => {
        if (message.act === 'duplicate') {
          this.asked += 1;
          if (this.answers) place.copy(id);
        }
        if (message.act !== 'connection') return;
        this.untaken.push(message.seq);
        this.clients.push(handle as Client);
      },
    };
  }

  joins(): this {
    this.place.acceptor.join(this.receiver);
    return this;
  }

  takes(count = this.untaken.length): this {
    for (const seq of this.untaken.splice(0, count)) this.place.acceptor.took(this.receiver.id, seq, true);
    return this;
  }

  refuses(): this {
    for (const seq of this.untaken.splice(0)) this.place.acceptor.took(this.receiver.id, seq, false);
    return this;
  }
}

function workers(place: Place, balance: Balance, count: number): Worker[] {
  return Array.from({ length: count }, (_, slot) => new Worker(place, slot, balance).joins());
}

test('round-robin: in turn, one at a time; the rest waits for whoever is first', () => {
  const place = new Place();
  const [one, two] = workers(place, 'round-robin', 2) as [Worker, Worker];
  const came = place.come(5);
  expect([one.untaken, two.untaken]).toEqual([[1], [2]]);
  two.takes().takes();
  expect([one.untaken, two.untaken]).toEqual([[1], [4]]);
  one.takes();
  expect([one.untaken, two.untaken]).toEqual([[5], [4]]);
  one.takes();
  two.takes();
  expect(came.map(({ isOpen }) => isOpen)).toEqual([false, false, false, false, false]);
});

test('round-robin: a newcomer gets no more than its turns', () => {
  const place = new Place();
  const all = workers(place, 'round-robin', 2);
  for (let i = 0; i < 10; i++) {
    place.come(1);
    for (const worker of all) worker.takes();
  }
  all.push(new Worker(place, 2, 'round-robin').joins());
  for (let i = 0; i < 9; i++) {
    place.come(1);
    for (const worker of all) worker.takes();
  }
  expect(all.map(({ clients }) => clients.length)).toEqual([8, 8, 3]);
});

test.each(['round-robin', 'sticky'] as const)(
  '%s: a blocked worker holds up nobody, and what waits is bounded',
  (balance) => {
    const place = new Place();
    const [blocked, other] = workers(place, balance, 2) as [Worker, Worker];
    let count = 0;
    for (let i = 0; i < 10 * MAX_PENDING; i++) {
      count += place.come(1, `10.0.${i >> 8}.${i & 255}`).length;
      other.takes();
    }
    expect(count).toBe(10 * MAX_PENDING);
    expect(blocked.untaken.length).toBe(balance === 'sticky' ? MAX_PENDING / 2 : 1);
    // With nobody to take them, no more are accepted.
    for (let i = 0; i < 10 * MAX_PENDING; i++) place.come(1, `10.0.${i >> 8}.${i & 255}`);
    const open = [...blocked.clients, ...other.clients].filter(({ isOpen }) => isOpen);
    expect(open.length).toBeLessThanOrEqual(MAX_PENDING + 1);
    expect(place.accepting).toEqual([]);
    for (let i = 0; i < 2 * MAX_PENDING; i++) other.takes();
    expect(place.accepting).toHaveLength(1);
  },
);

test('sticky: the clients of a worker that is full go elsewhere until it has taken half of them', () => {
  const place = new Place();
  const both = workers(place, 'sticky', 2);
  place.come(1);
  const own = both.find(({ untaken }) => untaken.length > 0) ?? both[0];
  const other = both.find((worker) => worker !== own);
  place.come(MAX_PENDING / 2);
  expect([own?.untaken.length, other?.untaken.length]).toEqual([MAX_PENDING / 2, 1]);
  other?.takes();
  own?.takes(MAX_PENDING / 4 - 1);
  place.come(1);
  expect(other?.untaken.length).toBe(1);
  own?.takes(1);
  place.come(1);
  expect([own?.untaken.length, other?.untaken.length]).toEqual([MAX_PENDING / 4 + 1, 1]);
});

test('accepts again though one of those that could send a copy is blocked', () => {
  const place = new Place();
  const blocked = new Worker(place, 0, 'round-robin');
  blocked.answers = false;
  blocked.joins();
  expect(place.accepting).toEqual([]);
  new Worker(place, 1, 'round-robin').joins();
  expect(place.accepting).toHaveLength(1);
  expect(blocked.asked).toBe(1);
});

test('what a worker has not taken when it ends comes first, and goes to others in order', () => {
  const place = new Place();
  const [one] = workers(place, 'round-robin', 1) as [Worker];
  place.come(3);
  place.acceptor.ended(one.receiver.id);
  expect(place.accepting).toEqual([]);
  const next = new Worker(place, 0, 'round-robin').joins();
  expect(next.untaken).toEqual([1]);
  expect(next.takes().untaken).toEqual([2]);
  expect(next.takes().untaken).toEqual([3]);
});

test('a worker that refuses gets none any more, and none goes back and forth', () => {
  const place = new Place();
  const [one, two] = workers(place, 'round-robin', 2) as [Worker, Worker];
  place.come(2);
  one.refuses();
  two.takes();
  expect([one.untaken, two.untaken]).toEqual([[], [1]]);
  two.takes();
  place.come(1);
  expect([one.clients.length, two.clients.length]).toEqual([1, 3]);
});

test('the last one leaves: what waits goes to a worker that accepts for itself', () => {
  const place = new Place();
  const [old] = workers(place, 'round-robin', 1) as [Worker];
  const came = place.come(3);
  place.other = new Worker(place, 0, 'shared');
  place.acceptor.leave(old.receiver.id);
  expect(place.other.untaken).toEqual([2, 3]);
  expect(place.accepting).toEqual([]);
  old.takes();
  place.other.takes();
  expect(came.map(({ isOpen }) => isOpen)).toEqual([false, false, false]);
});

test('during a change of balance, that of the newest worker is followed', () => {
  const place = new Place();
  const all = [...workers(place, 'round-robin', 2), new Worker(place, 0, 'sticky').joins()];
  for (let i = 0; i < 6; i++) {
    place.come(1);
    for (const worker of all) worker.takes();
  }
  expect(all.filter(({ clients }) => clients.length === 6)).toHaveLength(1);
});

test('says that it listens twice: what it has not taken counts still', () => {
  const place = new Place();
  const [one] = workers(place, 'round-robin', 1) as [Worker];
  place.come(3);
  one.joins();
  place.acceptor.leave(one.receiver.id);
  one.joins();
  expect(one.untaken).toEqual([1]);
});

test('closed: nothing stays open', () => {
  const place = new Place();
  const [one] = workers(place, 'round-robin', 1) as [Worker];
  place.copy(one.receiver.id);
  const came = place.come(3);
  place.acceptor.close();
  expect([...came, ...place.copies].filter(({ isOpen }) => isOpen)).toEqual([]);
});

test('another socket at the address is accepted from as well, and let go of', () => {
  const place = new Place();
  const [one] = workers(place, 'round-robin', 1) as [Worker];
  const [first, second] = [new Socket(), new Socket()];
  place.acceptor.acceptFrom(
    new Map([
      [-1, first],
      [0, second],
    ]),
  );
  const copy = new Socket();
  place.acceptor.copied(one.receiver.id, 0, copy);
  copy.onconnection?.(0, new Client('10.0.0.1'));
  expect(one.untaken).toHaveLength(1);
  place.acceptor.acceptFrom(new Map([[-1, first]]));
  expect(copy.isOpen).toBe(false);
});
