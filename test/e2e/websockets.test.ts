/** WebSockets over a reload: the app's own goodbye where it has one, else ours, one after the other. */
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { get } from './support/client.ts';
import { root } from './support/runtimes.ts';
import { scene, type Scene } from './support/scene.ts';
import { up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

const COUNT = 20;
/** The fixture's `drain_timeout`, in ms. */
const WINDOW = 4000;

interface Client {
  readonly closed: Promise<{ code: number; at: number }>;
  /** Messages that were sent and not answered. */
  readonly unanswered: () => number;
}

async function start(
  hook: string,
  env: Record<string, string> = {},
): Promise<{ place: Scene; port: number; supervisor: Supervisor }> {
  const place = scene('protocols');
  const port = await place.port(8080);
  place.edit((text) =>
    text.replace('./http.js', './ws.js').replace('VALUE: one', `VALUE: one, HOOK: ${hook}`),
  );
  const supervisor = up(place.file, { env: { NODE_PATH: `${root}/node_modules`, ...env } });
  await supervisor.converged();
  return { place, port, supervisor };
}

/** Sends, waits for the answer, and sends the next a while after; as long as it is open. */
async function connect(port: number): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat?token=secret`);
  onTestFinished(() => socket.terminate());
  let sent = 0;
  let heard = 0;
  const next = (): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    sent += 1;
    socket.send(String(sent));
  };
  socket.on('message', () => {
    heard += 1;
    setTimeout(next, 40);
  });
  socket.on('error', () => {});
  const closed = new Promise<{ code: number; at: number }>((resolve) => {
    socket.once('close', (code) => resolve({ code, at: performance.now() }));
  });
  await once(socket, 'open');
  next();
  await once(socket, 'message');
  return { closed, unanswered: () => sent - heard };
}

async function reload({ place, supervisor }: { place: Scene; supervisor: Supervisor }): Promise<number> {
  const mark = supervisor.mark();
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
  await supervisor.line(/draining/, { after: mark });
  return mark;
}

test.each(['none', 'close'])(
  'an app whose hook is "%s": each is told that the server goes away, spread over the window',
  async (hook) => {
    const started = await start(hook);
    const clients = await Promise.all(Array.from({ length: COUNT }, () => connect(started.port)));
    const mark = await reload(started);
    const closes = await Promise.all(clients.map(({ closed }) => closed));
    expect(closes.map(({ code }) => code)).toEqual(clients.map(() => 1001));
    expect(clients.filter((client) => client.unanswered() > 1)).toEqual([]);
    const times = closes.map(({ at }) => at).sort((a, b) => a - b);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(WINDOW / 2);
    // Never more than a few in any tenth of the window, over both workers.
    const most = Math.max(...times.map((t) => times.filter((u) => u >= t && u < t + WINDOW / 10).length));
    expect(most).toBeLessThanOrEqual(COUNT / 2);
    await until('the old workers have gone', () => started.supervisor.count(/drained:/, mark) === 2);
    const { supervisor } = started;
    expect(supervisor.count(/cut off|killed/, mark)).toBe(0);
    if (hook === 'close') expect(supervisor.count(/closed in order/, mark)).toBe(2);
  },
);

test('an app with a goodbye of its own says it, once its requests are done and long before drain_timeout', async () => {
  const started = await start('own');
  const clients = await Promise.all(Array.from({ length: COUNT }, () => connect(started.port)));
  const slow = get(started.port, '/?ms=800');
  const since = performance.now();
  const mark = await reload(started);
  expect((await slow).body).toBe('one');
  const closes = await Promise.all(clients.map(({ closed }) => closed));
  expect(closes.map(({ code }) => code)).toEqual(clients.map(() => 4001));
  expect(Math.max(...closes.map(({ at }) => at)) - since).toBeLessThan(WINDOW);
  const { supervisor } = started;
  await until('both have closed', () => supervisor.count(/closed in order/, mark) === 2);
  await until('both have gone', () => supervisor.count(/drained:/, mark) === 2);
  // Each is told once.
  expect(supervisor.count(/told to end/, mark)).toBe(2);
  expect(supervisor.count(/cut off|killed/, mark)).toBe(0);
});

test('with the drain switched off they break', async () => {
  const started = await start('none', { CLUSTER_UP_FAULT: 'no-drain' });
  const clients = await Promise.all(Array.from({ length: 4 }, () => connect(started.port)));
  await reload(started);
  const closes = await Promise.all(clients.map(({ closed }) => closed));
  expect(closes.map(({ code }) => code)).toEqual(clients.map(() => 1006));
});
