/** What is told of a drain: who was in flight, who finished, and who was cut off. */
import http from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../src/control/client.ts';
import { runtimeFolder, socketPath } from '../../src/control/paths.ts';
import type { DrainCounts, Drains } from '../../src/model/ledger.ts';
import type { Line } from '../../src/model/notice.ts';
import { begin, drainHasBegun, get, keptAlive, upload } from './support/client.ts';
import { scene, type Scene } from './support/scene.ts';
import { run, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

async function start(
  change: (text: string) => string = (text) => text,
): Promise<{ place: Scene; port: number; supervisor: Supervisor }> {
  const place = scene('protocols');
  const port = await place.port(8080);
  place.write(change(place.read()).replace('instances: 2', 'instances: 1'));
  const supervisor = up(place.file);
  await supervisor.converged();
  return { place, port, supervisor };
}

async function drains(place: Scene): Promise<Drains> {
  const shown = await run(['show', 'app', '--json', '-f', place.file]);
  return (JSON.parse(shown.out) as { drains: Drains }).drains;
}

async function retired(place: Scene, count: number): Promise<Drains> {
  return until(`${count} workers have gone`, async () => {
    const found = await drains(place);
    return found.retired.length === count ? found : null;
  });
}

/** What the supervisor tells programs of drains from now on. */
async function follow(file: string): Promise<Line['drain'][]> {
  const client = await connect(socketPath(runtimeFolder({}), file));
  if (client === null) throw new Error('no supervisor');
  onTestFinished(() => client.close());
  const told: Line['drain'][] = [];
  client
    .call('events', {}, (item) => void told.push(...[(item as Line).drain ?? []].flat()))
    // It ends with the test.
    .catch(() => {});
  return told;
}

const balance = (counts: DrainCounts): number =>
  counts.inFlight + counts.arrived - counts.finished - counts.aborted - counts.cutOff;

test('in flight, came later, finished, given up, cut off, closed idle: each is counted once', async () => {
  const { place, port, supervisor } = await start();
  const agents = [keptAlive(), keptAlive(), keptAlive(), keptAlive()] as const;
  for (const agent of agents) await get(port, '/', agent);
  const slow = await Promise.all([1, 2, 3].map(() => upload(port)));
  const hung = await begin(port, '/hang?token=secret');
  const left = http.get({ host: '127.0.0.1', port, path: '/hang', agent: false });
  left.on('error', () => {});
  await until('it is in flight', () => left.reusedSocket || left.socket?.bytesRead);

  const told = await follow(place.file);
  const mark = supervisor.mark();
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
  // One comes on a kept-alive connection while it drains, and is told to take another one next time.
  const late = await drainHasBegun(port, agents[0]);
  expect(late.body).toBe('one');
  left.destroy();
  const answers = await Promise.all(slow.map(({ finish }) => finish()));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  await expect(hung.end).rejects.toThrow();
  await supervisor.line(/^cluster-up .*app:0 \(pid \d+\) cut off 1 request: GET \/hang$/, { after: mark });
  expect(supervisor.text()).not.toContain('secret');

  const { total, rollout, retired: gone } = await retired(place, 1);
  // 4 slow and hung ones and the one that was given up; agent 0 was busy once more, the 3 others never.
  expect(total).toEqual({ inFlight: 5, arrived: 1, finished: 4, aborted: 1, cutOff: 1, closedIdle: 3 });
  expect(rollout).toEqual(total);
  expect(told).toMatchObject([{ app: 'app', slot: 0, ledger: total }]);
  expect(gone[0]?.ledger?.cut).toEqual([{ request: 'GET /hang', times: 1 }]);
});

test('a rollout sums its own workers, the total all of them', async () => {
  const { place, port, supervisor } = await start();
  for (const value of ['two', 'three']) {
    const agent = keptAlive();
    await get(port, '/', agent);
    const slow = await upload(port);
    const mark = supervisor.mark();
    place.edit((text) => text.replace(/VALUE: \w+/, `VALUE: ${value}`));
    await drainHasBegun(port, agent);
    expect((await slow.finish()).status).toBe(200);
    await supervisor.converged(mark);
  }
  const { total, rollout } = await retired(place, 2);
  expect(rollout).toMatchObject({ inFlight: 1, arrived: 1, finished: 2, cutOff: 0 });
  expect(total).toMatchObject({ inFlight: 2, arrived: 2, finished: 4, cutOff: 0 });
});

test('Server-Sent Events run until drain_timeout and then end in order; that they were cut off is told', async () => {
  const { place, port, supervisor } = await start((text) =>
    text.replace('drain_timeout: 4s', 'drain_timeout: 2s'),
  );
  const streams = await Promise.all([1, 2].map(() => begin(port, '/events?user=7')));
  const mark = supervisor.mark();
  const since = performance.now();
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
  // `end` rejects if the response is cut before its last chunk.
  for (const { end } of streams) expect((await end).body).toMatch(/^(data: one\n\n)+$/);
  expect(performance.now() - since).toBeGreaterThan(1700);
  await supervisor.line(/cut off 2 requests: GET \/events \(2\)$/, { after: mark });
  expect(balance((await retired(place, 1)).total)).toBe(0);
});

test('a worker whose event loop is blocked from the start of its drain to its end: that it is unknown is told', async () => {
  const place = scene('web');
  const port = await place.port(8080);
  place.edit(
    (text) =>
      `${text.replace('instances: 2', 'instances: 1')}    drain_timeout: 500\n    kill_timeout: 300\n`,
  );
  const supervisor = up(place.file);
  await supervisor.converged();
  const answers = [await begin(port, '/hang?x=1'), await begin(port, '/block?ms=6000')];
  await supervisor.line(/blocks/);
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
  for (const { end } of answers) await expect(end).rejects.toThrow();
  const shown = await until('it has gone', async () => {
    const { out } = await run(['show', 'web', '-f', place.file]);
    return out.includes('drains') ? out : null;
  });
  expect(shown).toMatch(/0 in slot 0: unknown, it did not answer/);
});
