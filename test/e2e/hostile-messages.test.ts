/** Whatever an app sends over its channel, the supervisor and the other apps go on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { connectTo } from '../../src/control/find.ts';
import type { State } from '../../src/model/state.ts';
import { expectNoFailure, load } from './support/client.ts';
import { scene } from './support/scene.ts';
import { up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

interface Attacked {
  readonly supervisor: Supervisor;
  readonly state: () => Promise<State>;
  /** How many descriptors the supervisor has open. */
  readonly descriptors: () => number;
  readonly sent: () => number;
  /** What the other app's clients have met meanwhile; and that nothing has happened to it. */
  readonly unharmed: () => Promise<void>;
}

async function attacked(attack: string, change = (text: string): string => text): Promise<Attacked> {
  const place = scene('hostile');
  const port = await place.port(8080);
  await place.port(8081);
  place.edit((text) =>
    text
      .replace('../web/', `${import.meta.dirname}/../../fixtures/web/`)
      .replace(
        'ATTACK: forged',
        `ATTACK: ${attack}, GOOD_PORT: '${port}', SENT: ${place.path('sent')}, FUZZ_SEED: '${SEED}'`,
      ),
  );
  place.write(change(place.read()));
  const supervisor = up(place.file);
  await supervisor.converged();
  const clients = await load(port, { rate: 200 });
  // Asked as commands ask, without the start of a process, which takes as long as the machine likes.
  const state = async (): Promise<State> => {
    const client = await connectTo(place.file);
    if (client === null) throw new Error('no supervisor answers');
    try {
      return await client.call('state', {});
    } finally {
      client.close();
    }
  };
  const pids = async (): Promise<unknown> =>
    (await state()).apps.find(({ name }) => name === 'web')?.workers.map(({ pid }) => pid);
  const before = await pids();
  return {
    supervisor,
    state,
    descriptors: () => readdirSync(`/proc/${supervisor.pid}/fd`).length,
    sent: () => (existsSync(place.path('sent')) ? place.read('sent').split('\n').length * 100 - 100 : 0),
    unharmed: async () => {
      const stats = await clients.stop(200);
      expectNoFailure(stats);
      expect(await pids()).toEqual(before);
      expect(supervisor.count(/cannot go on|rror:| {4}at /)).toBe(0);
    },
  };
}

/** How many; `npm run test:worker-fuzz` sends 100,000. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 3000);
const SEED = process.env['FUZZ_SEED'] ?? String(Math.floor(Math.random() * 1000));

test('70 forged messages and 300 descriptors that nobody asked for', async () => {
  const { supervisor, descriptors, unharmed } = await attacked('forged');
  await supervisor.line(/bad:0 sent a message that cluster-up does not understand \(.*\): ignored/);
  const before = descriptors();
  await supervisor.line(/all was sent/);
  await until('they are closed again', () => descriptors() < before + 20);
  expect(descriptors()).toBeLessThan(before + 20);
  await unharmed();
});

test('4,000 questions for addresses a second: it is replaced, and its descriptors are given back', async () => {
  const { supervisor, state, descriptors, unharmed } = await attacked('queries');
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, descriptors())), 20);
  const took: number[] = [];
  await supervisor.line(/bad:0 starting: .*sends more messages than it has any reason to/);
  for (let i = 0; i < 5; i++) {
    const asked = performance.now();
    await state();
    took.push(performance.now() - asked);
  }
  clearInterval(watch);
  expect(most).toBeGreaterThan(100);
  expect(most).toBeLessThan(600);
  expect(Math.max(...took)).toBeLessThan(2000);
  await unharmed();
});

test('a line of 1 GB without an end is not kept', async () => {
  const { supervisor, unharmed } = await attacked('endless');
  const memory = (): number => {
    const status = readFileSync(`/proc/${supervisor.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  };
  const before = memory();
  await supervisor.line(/bad:0 starting: .*sends more messages than it has any reason to/);
  expect(memory() - before).toBeLessThan(150);
  await unharmed();
});

test('its descriptor of the channel closed: it is replaced, and serves until then', async () => {
  const { supervisor, unharmed } = await attacked('closes');
  await supervisor.line(/bad:0 starting: closed its channel to cluster-up/);
  await supervisor.line(/bad:0 draining \(pid \d+\): replaced by worker/);
  // The second one waits longer.
  await supervisor.line(/bad:0 ready/);
  await unharmed();
});

test(`${RUNS} messages and bytes at random, seed ${SEED}`, { timeout: 900_000 }, async () => {
  const eight = (text: string): string => text.replace('instances: 1', 'instances: 8');
  const began = performance.now();
  const { state, descriptors, sent, unharmed, supervisor } = await attacked('fuzz', eight);
  const took: number[] = [];
  let most = 0;
  await until(
    () => `${RUNS} are sent, not ${sent()}\n${supervisor.text().slice(-2000)}`,
    async () => {
      const asked = performance.now();
      await state();
      took.push(performance.now() - asked);
      most = Math.max(most, descriptors());
      return sent() >= RUNS;
    },
    850_000,
  );
  const seconds = Math.round((performance.now() - began) / 1000);
  const replaced = supervisor.count(/bad:\d starting: .*sends more messages/);
  console.log(
    `seed ${SEED}: ${sent()} sent in ${seconds} s, ${replaced} replaced, at most ${most} descriptors, answers within ${Math.max(...took)} ms`,
  );
  expect(most).toBeLessThan(700);
  expect(Math.max(...took)).toBeLessThan(3000);
  // What is not read finds nothing.
  expect(replaced).toBeLessThan(8);
  await unharmed();
});
