/** Which worker is handed which connection under `balance: sticky`, told without a process. */
import { describe, expect, test } from 'vitest';
import type { ToAgent } from '../../src/model/protocol.ts';
import type { BoundHandle, Connection } from '../../src/workers/bind.ts';
import type { Tenant } from '../../src/workers/held-socket.ts';
import { Porter } from '../../src/workers/porter.ts';

interface Client extends Connection {
  readonly address: string;
  isOpen: boolean;
}

function client(address: string): Client {
  const self: Client = {
    address,
    isOpen: true,
    close: () => void (self.isOpen = false),
    getpeername: (name) => {
      name.address = address;
      return 0;
    },
  };
  return self;
}

interface Copy extends BoundHandle {
  isOpen: boolean;
  isListening: boolean;
}

function copy(): Copy {
  const self: Copy = {
    isOpen: true,
    isListening: false,
    listen: () => {
      self.isListening = true;
      return 0;
    },
    close: () => void (self.isOpen = false),
    onconnection: null,
  };
  return self;
}

interface Sent {
  readonly to: number;
  readonly seq: number;
  readonly client: object | undefined;
}

function world() {
  const held = copy();
  const porter = new Porter('socket 1', held);
  const sent: Sent[] = [];
  const asked: number[] = [];
  const worker = (id: number, slot = 0, app = 'web'): Tenant => ({
    ...{ id, app, slot, revision: 'a', balance: 'sticky', user: null },
    isReady: () => true,
    blocked: () => {},
    send: (message: ToAgent, handle?: object) => {
      if (message.act === 'spare') asked.push(id);
      if (message.act === 'connection') sent.push({ to: id, seq: message.seq, client: handle });
    },
  });
  const accepting = (): Copy => {
    const open = copy();
    porter.copied(open);
    return open;
  };
  return { held, porter, sent, asked, worker, accepting };
}

describe('whose a connection is', () => {
  test('a copy of the socket is asked of the first worker, once, and accepted from; the held one never is', () => {
    const { held, porter, asked, worker, accepting } = world();
    porter.join(worker(1));
    porter.join(worker(2, 1));
    expect(asked).toEqual([1]);
    expect(accepting().isListening).toBe(true);
    expect(held.isListening).toBe(false);
  });

  test('a client stays with the older worker of its slot until that leaves, also where it is of another app', () => {
    const { porter, sent, worker, accepting } = world();
    porter.join(worker(1, 0, 'old'));
    porter.join(worker(2, 0, 'new'));
    const open = accepting();
    open.onconnection?.(0, client('10.0.0.1'));
    porter.leave(1);
    open.onconnection?.(0, client('10.0.0.1'));
    expect(sent.map(({ to }) => to)).toEqual([1, 2]);
  });

  test('what a killed worker had not taken goes to the next; what it had is its own', () => {
    const { porter, sent, worker, accepting } = world();
    porter.join(worker(1));
    const open = accepting();
    const [taken, waiting] = [client('10.0.0.1'), client('10.0.0.2')];
    open.onconnection?.(0, taken);
    open.onconnection?.(0, waiting);
    porter.took(1, 1, true);
    porter.leave(1);
    porter.ended(1);
    expect([taken.isOpen, waiting.isOpen]).toEqual([false, true]);
    expect(open.isOpen).toBe(false);
    porter.join(worker(2));
    expect(sent.map(({ to, client: of }) => [to, of])).toEqual([
      [1, taken],
      [1, waiting],
      [2, waiting],
    ]);
  });

  test('only whom it was sent to can say that it has it; who will not have it is passed over for another try', () => {
    const { porter, sent, worker, accepting } = world();
    porter.join(worker(1));
    const open = accepting();
    const one = client('10.0.0.1');
    open.onconnection?.(0, one);
    porter.took(2, 1, true);
    porter.took(1, 7, true);
    expect(one.isOpen).toBe(true);
    porter.leave(1);
    porter.join(worker(2));
    porter.took(1, 1, false);
    expect(sent.map(({ to }) => to)).toEqual([1, 2]);
  });
});

test('another copy is asked for of the next worker, if the one that was asked is killed', () => {
  const { porter, asked, worker } = world();
  porter.join(worker(1));
  porter.leave(1);
  porter.join(worker(2));
  expect(asked).toEqual([1, 2]);
});

test('all that it has is closed with it', () => {
  const { porter, worker, accepting } = world();
  porter.join(worker(1));
  const open = accepting();
  const spare = accepting();
  const one = client('10.0.0.1');
  open.onconnection?.(0, one);
  porter.close();
  expect([open.isOpen, spare.isOpen, one.isOpen]).toEqual([false, false, false]);
});
