/** What servers hold in the place of their sockets, and what tells these apart. */
import { expect, test, vi } from 'vitest';
import { FedHandle } from '../../src/agent/fed-handle.cts';
import type { RawHandle } from '../../src/agent/held-handle.cts';
import { Indexes } from '../../src/agent/indexes.cts';

function fed() {
  const letGo = vi.fn();
  const hold = vi.fn(() => letGo);
  const closed = vi.fn();
  return { handle: new FedHandle({} as RawHandle, hold, closed), hold, letGo, closed };
}

test('a server that is fed keeps the process alive until it is closed', () => {
  const { handle, hold, letGo, closed } = fed();
  handle.ref();
  expect([hold.mock.calls.length, letGo.mock.calls.length]).toEqual([1, 0]);
  handle.close();
  handle.close();
  handle.ref();
  expect([hold.mock.calls.length, letGo.mock.calls.length, closed.mock.calls.length]).toEqual([1, 1, 1]);
});

test('unref() and ref()', () => {
  const { handle, hold, letGo } = fed();
  handle.unref();
  handle.unref();
  expect([hold.mock.calls.length, letGo.mock.calls.length]).toEqual([1, 1]);
  handle.ref();
  expect(hold).toHaveBeenCalledTimes(2);
});

test('one that drains keeps nothing alive, and takes nothing', () => {
  const { handle, letGo, closed } = fed();
  handle.release();
  expect([letGo.mock.calls.length, closed.mock.calls.length]).toEqual([1, 0]);
  expect(handle.feed({})).toBe(false);
});

test('the lowest free number of each address', () => {
  const indexes = new Indexes();
  const first = indexes.take(null, 80);
  expect([first, indexes.take(null, 80), indexes.take('::', 80)].map(({ index }) => index)).toEqual([
    0, 1, 0,
  ]);
  first.free();
  expect(indexes.take(null, 80).index).toBe(0);
  expect(indexes.take(null, 80).index).toBe(2);
});
