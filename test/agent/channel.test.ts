/** What the agent says over its channel and hears there, in a process that stands in for a worker's. */
import { expect, test, vi } from 'vitest';
import type { FromAgent } from '../../src/model/protocol.ts';
import { nextTick } from './support.ts';
import { backInThisProcess, CMD, fakeWorkerProcess, loadIn } from './worker-process.ts';

backInThisProcess();

const pong: FromAgent = { act: 'pong', about: 'alive' };

async function opened() {
  const worker = fakeWorkerProcess();
  const channel = await loadIn(worker.fake, () => import('../../src/agent/channel.cts'));
  const heard: unknown[] = [];
  channel.open({
    onMessage: (message, handle) => heard.push([message, handle]),
    left: () => heard.push('left'),
    gone: () => heard.push('gone'),
  });
  return { ...worker, channel, heard };
}

test('what is ours is heard, with its handle, and nothing else is', async () => {
  const { hear, heard } = await opened();
  const handle = {};
  hear({ cmd: 'NODE_HANDLE', act: 'ping' });
  hear({ act: 'ping' });
  hear({ cmd: CMD, act: 'ping' }, handle);
  expect(heard).toEqual([[{ cmd: CMD, act: 'ping' }, handle]]);
});

test('what is sent is marked as ours, whatever the app makes of `process.send`', async () => {
  const { fake, sent, channel } = await opened();
  Object.assign(fake, { send: () => sent.push('by the app') });
  channel.send(pong);
  expect(sent).toEqual([{ ...pong, cmd: CMD }]);
});

test('a handle is closed here once it has been written', async () => {
  const { written, channel } = await opened();
  const close = vi.fn();
  channel.sendHandle({ act: 'copy', key: 'a', slot: 0 }, { close });
  expect(close).not.toHaveBeenCalled();
  written[0]?.();
  expect(close).toHaveBeenCalledOnce();
});

test('where the app has closed it, it is used all the same', async () => {
  const { fake, sent, heard, hear, channel } = await opened();
  fake._disconnect();
  await nextTick();
  channel.send(pong);
  hear({ cmd: CMD, act: 'ping' });
  expect(sent).toEqual([{ ...pong, cmd: CMD }]);
  expect(heard).toEqual(['left', [{ cmd: CMD, act: 'ping' }, undefined]]);
});

test('where nobody is there any more, the next supervisor is told, if there is one', async () => {
  const { handle, sent, heard, channel } = await opened();
  handle.onread();
  channel.send(pong);
  const close = vi.fn();
  channel.sendHandle({ act: 'copy', key: 'a', slot: 0 }, { close });
  const told: FromAgent[] = [];
  channel.sendBy((message) => told.push(message));
  channel.send(pong);
  channel.sendBy(null);
  channel.send(pong);
  expect([sent, heard, told]).toEqual([['end'], ['gone'], [pong]]);
  expect(close).toHaveBeenCalledOnce();
});

test('in a thread, where it is never opened, nothing is sent and nothing held', async () => {
  const { fake, sent } = fakeWorkerProcess();
  const channel = await loadIn(fake, () => import('../../src/agent/channel.cts'));
  const close = vi.fn();
  channel.send(pong);
  channel.sendHandle(pong, { close });
  channel.hold()();
  expect([sent, close.mock.calls.length]).toEqual([[], 1]);
});
