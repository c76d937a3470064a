/** The socket that an orphan waits at, with a supervisor at its other end that is only a stream. */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openRendezvousSocket, type Send } from '../../src/agent/rendezvous-socket.cts';

function waiting() {
  // It looks every second whether its file is still there, for as long as nobody has come.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-rendezvous-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const at = path.join(folder, 'w');
  const heard: object[] = [];
  let onClose = (): void => {};
  let onConnect: (send: Send) => void = () => {};
  const closed = new Promise<void>((resolve) => (onClose = resolve));
  const connected = new Promise<Send>((resolve) => (onConnect = resolve));
  const open = (): void =>
    openRendezvousSocket(at, {
      onConnect: (send) => onConnect(send),
      onMessage: (message) => void heard.push(message),
      onClose: () => onClose(),
    });
  const connect = (): net.Socket => {
    const socket = net.connect(at).on('error', () => {});
    onTestFinished(() => void socket.destroy());
    return socket;
  };
  return { folder, at, open, connect, connected, closed, heard };
}

test('it is for its user alone, and its file is gone once somebody has come', async () => {
  const { at, open, connect, connected } = waiting();
  open();
  expect(statSync(at).mode & 0o777).toBe(0o600);
  connect();
  await connected;
  expect(existsSync(at)).toBe(false);
});

test('what is left there of another one is no hindrance', () => {
  const { open } = waiting();
  open();
  expect(open).not.toThrow();
});

test('it is made again where its folder was taken away', () => {
  const { folder, at, open } = waiting();
  open();
  rmSync(folder, { recursive: true });
  vi.advanceTimersByTime(1000);
  expect(statSync(at).mode & 0o777).toBe(0o600);
});

test('lines are messages, in whatever pieces they come', async () => {
  const { open, connect, connected, closed, heard } = waiting();
  open();
  const socket = connect();
  const send = await connected;
  const said = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
  send({ act: 'orphan' });
  expect(await said).toBe('{"act":"orphan"}\n');
  socket.write('{"act":"gi');
  socket.end('ve"}\n{"act":"drain"}\n');
  await closed;
  expect(heard).toEqual([{ act: 'give' }, { act: 'drain' }]);
});

test.each([
  ['no JSON', 'nonsense\n'],
  ['a line without an end', 'x'.repeat(70_000)],
])('whoever says %s is hung up on', async (_what, words) => {
  const { open, connect, connected, closed, heard } = waiting();
  open();
  const socket = connect();
  const send = await connected;
  socket.write(words);
  await closed;
  expect(heard).toEqual([]);
  expect(() => send({ act: 'drained' })).not.toThrow();
});

test('where it cannot be, as its folder is none, that is said', () => {
  const file = path.join(waiting().folder, 'file');
  writeFileSync(file, '');
  expect(() =>
    openRendezvousSocket(path.join(file, 'w'), {
      onConnect: () => {},
      onMessage: () => {},
      onClose: () => {},
    }),
  ).toThrow(/EEXIST|ENOTDIR/);
});
