/** The agent as it is preloaded, in a process that stands in for a worker's. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AgentConfig } from '../../src/model/protocol.ts';
import { endSubscriptions, nextTick } from './support.ts';
import { backInThisProcess, CMD, fakeWorkerProcess, loadIn } from './worker-process.ts';

endSubscriptions();
backInThisProcess();
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearInterval'] }));
afterEach(() => {
  vi.useRealTimers();
  vi.doUnmock('node:cluster');
  vi.doUnmock('../../src/agent/held-names.cts');
  vi.doUnmock('../../src/agent/rendezvous-socket.cts');
});

const config: AgentConfig = {
  balance: 'shared',
  accepts: 'listening',
  app: 'web',
  slot: 1,
  stop: { drainTimeout: 3000, killTimeout: 1000, killSignal: 'SIGINT', message: false },
  rendezvous: '/none/web',
};

/** The agent in a worker; in any other process without `text`. */
async function preloaded(text: string | undefined = JSON.stringify(config)) {
  const env = { CLUSTER_UP_MARK: 'whose', PORT: '8080', ...(text && { CLUSTER_UP_WORKER: text }) };
  const worker = fakeWorkerProcess(env);
  const disconnect = vi.fn();
  const ours = { exitedAfterDisconnect: false, disconnect };
  const getServer = vi.fn();
  const cluster = { worker: ours, _getServer: getServer };
  const names = vi.fn();
  const waits = vi.fn();
  vi.doMock('node:cluster', () => ({ default: cluster }));
  vi.doMock('../../src/agent/held-names.cts', () => ({ keepHeldNames: names }));
  vi.doMock('../../src/agent/rendezvous-socket.cts', () => ({ openRendezvousSocket: waits }));
  await loadIn(worker.fake, () => import('../../src/agent/agent.cts'));
  const acts = () => worker.sent.map((message) => (message as { act?: string }).act ?? message);
  const told = (message: object): void => worker.hear({ cmd: CMD, ...message });
  return { ...worker, env, cluster, ours, disconnect, getServer, names, waits, acts, told };
}

test('it leaves nothing in the environment, and takes the place of a way to sockets', async () => {
  const { env, cluster, getServer, names } = await preloaded();
  expect(env).toEqual({ PORT: '8080' });
  expect(cluster._getServer).not.toBe(getServer);
  expect(names).toHaveBeenCalledOnce();
});

test('where it is not in a worker of ours, it does nothing', async () => {
  const { cluster, getServer, names, emitter } = await preloaded('');
  expect(cluster._getServer).toBe(getServer);
  expect([names.mock.calls, emitter.eventNames()]).toEqual([[], []]);
});

test('it answers', async () => {
  const { told, sent } = await preloaded();
  told({ act: 'ping', about: 'loop' });
  told({ act: 'probe', seq: 7, path: '/', timeout: 100 });
  expect(sent).toEqual([
    { cmd: CMD, act: 'pong', about: 'loop' },
    { cmd: CMD, act: 'probed', seq: 7, outcome: 'no-server' },
  ]);
});

test('told to drain, it says when nothing is in flight', async () => {
  const { told, acts } = await preloaded();
  told({ act: 'drain', timeout: 1000, hook: 'SIGINT' });
  await vi.waitFor(() => expect(acts().at(-1)).toBe('drained'));
  expect(acts()).not.toContain('disconnected');
});

test('an app that disconnects its worker is drained before, once', async () => {
  const { ours, disconnect } = await preloaded();
  ours.disconnect();
  ours.disconnect();
  await vi.waitFor(() => expect(disconnect).toHaveBeenCalled());
  expect(disconnect).toHaveBeenCalledOnce();
  expect(ours.exitedAfterDisconnect).toBe(true);
});

test('one that has nothing to serve with ends once its app has closed the channel', async () => {
  const { fake, ours, own, acts } = await preloaded();
  fake._disconnect();
  await nextTick();
  expect(acts()).toContain('disconnected');
  expect(ours.exitedAfterDisconnect).toBe(true);
  expect(own.exit).toHaveBeenCalledWith(0);
});

test('one that ends itself is left to it', async () => {
  const { fake, ours, own, acts } = await preloaded();
  ours.exitedAfterDisconnect = true;
  fake._disconnect();
  await nextTick();
  expect(acts()).toContain('disconnected');
  expect(own.exit).not.toHaveBeenCalled();
});

test('without its supervisor it can be found, is not ended by node:cluster, and leaves with nothing to serve', async () => {
  const { handle, ours, own, waits } = await preloaded();
  handle.onread();
  expect(ours.exitedAfterDisconnect).toBe(true);
  expect(waits.mock.calls[0]?.[0]).toBe(`/none/web.${process.pid}`);
  expect(own.exit).toHaveBeenCalledWith(0);
});
