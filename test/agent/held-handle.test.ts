/** What a server holds in the place of its socket. */
import { expect, test, vi } from 'vitest';
import { HeldHandle } from '../../src/agent/held-handle.cts';
import { fakeRaw } from './support.ts';

const query = { address: null, port: 80, addressType: 4, flags: 0, index: 0 };

function hold({ accepts = true, errno = 0 } = {}) {
  const own = fakeRaw(errno);
  const closed = vi.fn();
  const handle = new HeldHandle(own, { query, slot: 3, accepts }, closed);
  const connection = vi.fn();
  handle.onconnection = connection;
  return { own, closed, handle, connection };
}

test('it listens, and passes on who connects', () => {
  const { own, handle, connection } = hold();
  expect(handle.listen(511)).toBe(0);
  own.onconnection?.(0, 'client');
  expect([own.listen.mock.calls, connection.mock.calls]).toEqual([[[511]], [[0, 'client']]]);
});

test('one that must be ready first listens only then, and says what became of it', () => {
  const { own, handle } = hold({ accepts: false, errno: -98 });
  expect([handle.listen(511), own.listen.mock.calls.length, handle.sockets.size]).toEqual([0, 0, 0]);
  expect(handle.accept()).toBe(-98);
  expect(own.listen.mock.calls).toEqual([[511]]);
});

test('one that has drained before it was ready does not begin to accept', () => {
  const { own, handle } = hold({ accepts: false });
  handle.listen(511);
  handle.release();
  expect([handle.accept(), own.listen.mock.calls]).toEqual([0, []]);
});

test('after the drain its name is still known, and close() is told once', () => {
  const { own, closed, handle } = hold();
  handle.listen(511);
  handle.release();
  expect([own.close.mock.calls.length, closed.mock.calls.length, handle.sockets.size]).toEqual([1, 0, 0]);
  const name = {};
  expect([handle.getsockname?.(name), name]).toEqual([0, { address: '0.0.0.0', port: 80 }]);
  handle.close();
  expect([own.close.mock.calls.length, closed.mock.calls.length]).toEqual([1, 0]);
});

test('close() by the app', () => {
  const { own, closed, handle } = hold();
  handle.close();
  handle.close();
  expect([own.close.mock.calls.length, closed.mock.calls.length]).toEqual([1, 1]);
});

test('a pause needs a copy, and goes on with it', () => {
  const { own, handle, connection } = hold();
  handle.listen(511);
  expect([handle.pause(), own.close.mock.calls.length]).toEqual([false, 0]);
  const copy = fakeRaw();
  handle.keepCopy(copy);
  expect(copy.unref).toHaveBeenCalledTimes(1);
  expect([handle.pause(), handle.pause(), handle.isPaused]).toEqual([true, false, true]);
  expect([own.close.mock.calls.length, copy.listen.mock.calls]).toEqual([1, []]);
  handle.resume();
  expect([copy.listen.mock.calls, copy.ref.mock.calls.length, handle.isPaused]).toEqual([[[511]], 1, false]);
  copy.onconnection?.(0, 'client');
  expect(connection.mock.calls).toEqual([[0, 'client']]);
});

test('one that the app has unref()ed stays so over a pause', () => {
  const { handle } = hold();
  const copy = fakeRaw();
  handle.listen(511);
  handle.unref();
  handle.keepCopy(copy);
  handle.pause();
  handle.resume();
  expect(copy.ref).not.toHaveBeenCalled();
});

test('the drain closes whatever it has, and what comes later', () => {
  const { handle } = hold();
  const [kept, lent, late, lentLate] = [fakeRaw(), fakeRaw(), fakeRaw(), fakeRaw()];
  handle.listen(511);
  handle.keepCopy(kept);
  handle.attach(1, lent);
  handle.release();
  handle.keepCopy(late);
  handle.attach(2, lentLate);
  for (const raw of [kept, lent, late, lentLate]) expect(raw.close).toHaveBeenCalledTimes(1);
});

test('a socket of a neighbour: it accepts from there too, until it is given back', () => {
  const { own, handle, connection } = hold();
  const [lent, twice] = [fakeRaw(), fakeRaw()];
  handle.attach(1, lent);
  handle.listen(511);
  handle.attach(1, twice);
  expect([lent.listen.mock.calls, twice.close.mock.calls.length]).toEqual([[[511]], 1]);
  expect([...handle.sockets]).toEqual([
    [3, own],
    [1, lent],
  ]);
  lent.onconnection?.(0, 'client');
  expect(connection).toHaveBeenCalledTimes(1);
  handle.detach(1);
  handle.detach(1);
  expect([lent.close.mock.calls.length, [...handle.sockets.keys()]]).toEqual([1, [3]]);
});

test('a connection that was accepted elsewhere is taken only while it listens', () => {
  const { handle, connection } = hold();
  expect(handle.feed('early')).toBe(false);
  handle.listen(511);
  expect(handle.feed('client')).toBe(true);
  handle.release();
  expect(handle.feed('late')).toBe(false);
  expect(connection.mock.calls).toEqual([[0, 'client']]);
});
