/** A channel that the app has closed and the agent still uses, on a process as node:child_process makes it. */
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { KeptChannel } from '../../src/agent/kept-channel.cts';

/** What lib/internal/child_process.js does with `process`, in short. */
function fakeProcess() {
  const happened: string[] = [];
  const control = { isRef: true, ref: () => (control.isRef = true), unref: () => (control.isRef = false) };
  const handle = {
    isOpen: true,
    close: (): void => void (handle.isOpen = false),
    onread: (bytes: ArrayBuffer | undefined): void => {
      if (bytes === undefined) return owner.disconnect();
      if (owner.channel !== null) process.nextTick(() => emitter.emit('internalMessage', 'with a handle'));
    },
  };
  const emitter = new EventEmitter();
  const there = (): typeof control | null => control;
  const owner = Object.assign(emitter, {
    connected: true,
    channel: there(),
    [Symbol('kChannelHandle')]: handle,
    send: () => happened.push(owner.connected ? 'sent' : 'ERR_IPC_CHANNEL_CLOSED'),
    disconnect(): void {
      if (!owner.connected) return void happened.push('ERR_IPC_DISCONNECTED');
      owner.connected = false;
      owner._disconnect();
    },
    _disconnect(): void {
      owner.channel = null;
      process.nextTick(() => {
        handle.close();
        owner.emit('disconnect');
      });
    },
  });
  // It acknowledges the handle, and passes on what it was sent with.
  emitter.on('internalMessage', (what) => {
    if (what !== 'with a handle') return happened.push(`message ${what}`);
    happened.push(owner.connected && owner.channel !== null ? 'acknowledged' : 'AssertionError');
    if (owner.channel !== null) process.nextTick(() => emitter.emit('internalMessage', 'itself'));
    return undefined;
  });
  return { owner, handle, control, happened };
}

function start() {
  const fake = fakeProcess();
  const { owner, happened } = fake;
  const channel = new KeptChannel(owner, {
    left: () => happened.push('left'),
    gone: () => happened.push('gone'),
  });
  owner.on('disconnect', () =>
    happened.push(`disconnect: ${owner.connected} ${owner.channel === null ? 'null' : 'there'}`),
  );
  return { ...fake, channel };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('before the app leaves, all is as it was', async () => {
  const { owner, channel, handle, control, happened } = start();
  handle.onread(new ArrayBuffer(1));
  channel.use(() => owner.send());
  channel.hold();
  await turn();
  expect(happened).toEqual(['sent', 'acknowledged', 'message itself']);
  expect([owner.connected, owner.channel, control.isRef]).toEqual([true, control, true]);
});

test('the app sees it closed, and the agent uses it', async () => {
  const { owner, channel, handle, happened } = start();
  owner.disconnect();
  expect([owner.connected, owner.channel, happened]).toEqual([false, null, []]);
  await turn();
  owner.send();
  owner.disconnect();
  channel.use(() => owner.send());
  expect(happened).toEqual([
    ...['left', 'disconnect: false null', 'ERR_IPC_CHANNEL_CLOSED', 'ERR_IPC_DISCONNECTED', 'sent'],
  ]);
  expect([owner.connected, owner.channel, handle.isOpen]).toEqual([false, null, true]);
});

test('messages of the supervisor arrive, with their handles', async () => {
  const { owner, channel, handle, happened } = start();
  owner.disconnect();
  await turn();
  happened.length = 0;
  handle.onread(new ArrayBuffer(1));
  // Answered before it was dealt with.
  channel.use(() => {});
  await turn();
  expect(happened).toEqual(['acknowledged', 'message itself']);
  expect([owner.connected, owner.channel]).toEqual([false, null]);
});

test('what is thrown while it is used leaves it closed', async () => {
  const { owner, channel } = start();
  owner.disconnect();
  await turn();
  const fails = (): void => {
    throw new Error('no');
  };
  expect(() => channel.use(fails)).toThrow('no');
  expect([owner.connected, owner.channel]).toEqual([false, null]);
});

test('what a listener of the app throws leaves it closed', async () => {
  const { owner, handle, happened } = start();
  owner.disconnect();
  await turn();
  const emit = owner.emit.bind(owner);
  owner.on('internalMessage', () => {
    throw new Error('no');
  });
  expect(() => emit('internalMessage', 'itself')).toThrow('no');
  await turn();
  expect([owner.connected, owner.channel]).toEqual([false, null]);
  expect([happened.at(-1), handle.isOpen]).toEqual(['message itself', true]);
});

test('the app leaves in the middle of a message', async () => {
  const { owner, handle, happened } = start();
  owner.once('internalMessage', () => owner.disconnect());
  handle.onread(new ArrayBuffer(1));
  await turn();
  expect(happened).toEqual(['acknowledged', 'message itself', 'left', 'disconnect: false null']);
  handle.onread(new ArrayBuffer(1));
  await turn();
  expect(happened.slice(-2)).toEqual(['acknowledged', 'message itself']);
  expect([owner.connected, owner.channel]).toEqual([false, null]);
});

test('it keeps the process alive only for servers that have no socket', async () => {
  const { owner, channel, control } = start();
  const letGo = channel.hold();
  owner.disconnect();
  await turn();
  expect(control.isRef).toBe(true);
  letGo();
  expect(control.isRef).toBe(false);
  const again = channel.hold();
  expect(control.isRef).toBe(true);
  again();
  expect(control.isRef).toBe(false);
});

test('the supervisor is gone: the agent is told first, the app once', async () => {
  const { channel, handle, happened } = start();
  handle.onread(undefined);
  await turn();
  expect(happened).toEqual(['gone', 'disconnect: false null']);
  expect([channel.isOpen, handle.isOpen]).toEqual([false, false]);
});

test('the supervisor is gone after the app has left: the app is not told again', async () => {
  const { owner, channel, handle, happened } = start();
  owner.disconnect();
  await turn();
  handle.onread(undefined);
  await turn();
  expect(happened).toEqual(['left', 'disconnect: false null', 'gone']);
  expect([channel.isOpen, handle.isOpen]).toEqual([false, false]);
});

test('no channel: nobody is there', () => {
  const owner = Object.assign(new EventEmitter(), { connected: false, _disconnect: () => {} });
  const channel = new KeptChannel(owner, { left: () => {}, gone: () => {} });
  expect(channel.isOpen).toBe(false);
});
