/** Sockets for datagrams that a worker reads from besides its own; all of them are stand-ins. */
import { expect, test } from 'vitest';
import {
  giveBackDatagrams,
  lendDatagrams,
  readsDatagrams,
  stopReading,
  track,
  type RawDatagrams,
} from '../../src/agent/datagrams.cts';

interface Raw extends RawDatagrams {
  /** What became of it, in order. */
  readonly done: string[];
}

function raw(): Raw {
  const done: string[] = [];
  const act = (what: string) => () => done.push(what);
  return {
    done,
    recvStart: act('read'),
    recvStop: act('stop'),
    unref: () => void done.push('unref'),
    close: () => void done.push('close'),
  };
}

/** A socket of the app, as node:dgram has it. */
function bound(key: string, type: 'udp4' | 'udp6') {
  const handle = raw();
  const heard: unknown[] = [];
  const closed: string[] = [];
  handle.onmessage = (_size, own, message, from) => {
    // It finds its socket by the handle.
    expect(own).toBe(handle);
    heard.push([message, from?.family, from?.address]);
  };
  const address = type === 'udp4' ? '0.0.0.0' : '::';
  track(key, handle, { address, port: 514, type, flags: 0, index: 0 }, () => closed.push(key));
  return { handle, heard, closed };
}

const FOUR = { address: '10.0.0.7', family: 'IPv4' } as const;
const MAPPED = { address: '::ffff:10.0.0.7', family: 'IPv6' } as const;
const SIX = { address: 'fd00::7', family: 'IPv6' } as const;

test.each([
  ['udp4', FOUR, FOUR],
  // Who is answered by a socket for IPv6 has an address of that.
  ['udp6', FOUR, MAPPED],
  ['udp6', SIX, SIX],
  ['udp4', MAPPED, FOUR],
] as const)('%s: what comes to a lent socket comes to the own one: %o', (type, from, seen) => {
  const { handle, heard } = bound('socket 1', type);
  const lent = raw();
  expect(lendDatagrams('socket 1', -2, lent)).toBe(true);
  expect(lent.done).toEqual(['unref', 'read']);
  lent.onmessage?.(2, lent, 'hi', from);
  expect(heard).toEqual([['hi', seen.family, seen.address]]);
  handle.close();
});

test('is closed when it is taken back, and with the own one', () => {
  const { handle, closed } = bound('socket 2', 'udp4');
  const [one, two] = [raw(), raw()];
  lendDatagrams('socket 2', -2, one);
  lendDatagrams('socket 2', -3, two);
  giveBackDatagrams('socket 2', -2);
  expect([one.done.at(-1), two.done.at(-1)]).toEqual(['close', 'read']);
  handle.close();
  expect(two.done.at(-1)).toBe('close');
  expect(closed).toEqual(['socket 2']);
  expect(lendDatagrams('socket 2', -2, raw())).toBe(false);
});

test('a drain lets go of it, and keeps the own one for answers', async () => {
  const { handle } = bound('socket 3', 'udp4');
  const lent = raw();
  lendDatagrams('socket 3', -2, lent);
  const answered = stopReading();
  expect(readsDatagrams()).toBe(false);
  expect([handle.done, lent.done.at(-1)]).toEqual([['stop'], 'close']);
  // What is lent only now is nobody's.
  expect(lendDatagrams('socket 3', -3, raw())).toBe(false);
  await answered;
  expect(handle.done).toEqual(['stop']);
});
