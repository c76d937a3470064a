/** `balance: least-connections`, which `auto` is: long-lived connections end up evenly, and nobody waits for that. */
import { expect, test } from 'vitest';
import { expectNoFailure, getJson, load } from './support/client.ts';
import { hold, perSlot, type Who } from './support/long-lived.ts';
import { kill } from './support/processes.ts';
import { scene, type Scene } from './support/scene.ts';
import { gone, up, type Supervisor } from './support/supervisor.ts';

interface Started {
  readonly place: Scene;
  readonly port: number;
  readonly supervisor: Supervisor;
}

async function started(instances: number, more = ''): Promise<Started> {
  const place = scene('balance');
  const port = await place.port(8080);
  place.edit((text) => text.replace('instances: 4\n', `instances: ${instances} # workers\n${more}`));
  const supervisor = up(place.file);
  await supervisor.converged();
  return { place, port, supervisor };
}

/** The most that a worker has, in relation to the least. */
function unevenness(held: readonly number[]): number {
  return Math.max(...held) / Math.min(...held);
}

test('400 connections at once over 8 workers: most <= 1.5 x least', async () => {
  const { port } = await started(8);
  const held = perSlot(await hold(port, 400), 8);
  expect(unevenness(held), String(held)).toBeLessThanOrEqual(1.5);
});

test('connections that come one by one, and workers that are added', async () => {
  const { place, port, supervisor } = await started(4);
  const first = await hold(port, 120, { every: 2 });
  expect(unevenness(perSlot(first, 4)), String(perSlot(first, 4))).toBeLessThanOrEqual(1.5);
  const mark = supervisor.mark();
  place.edit((text) => text.replace('instances: 4', 'instances: 8'));
  await supervisor.converged(mark);
  const all = [...first, ...(await hold(port, 120, { every: 2 }))];
  // Nobody is disconnected for the sake of evenness: the new workers catch up with what comes after them.
  const held = perSlot(all, 8);
  expect(Math.min(...held.slice(4)), String(held)).toBeGreaterThanOrEqual(15);
});

test('a worker that has let go of the socket serves who waits while all the others stand still', async () => {
  const { port } = await started(2);
  const { pid: still, slot } = await getJson<Who>(port);
  process.kill(still, 'SIGSTOP');
  const begun = performance.now();
  // With so many connections more than its neighbour it lets go of the socket, again and again.
  const all: Who[] = [];
  for (let i = 0; i < 10; i++) all.push(...(await hold(port, 4)));
  const took = performance.now() - begun;
  process.kill(still, 'SIGCONT');
  expect(all.every((who) => who.slot !== slot)).toBe(true);
  expect(took).toBeLessThan(10_000);
});

test('a worker whose neighbours died takes the socket again at once', async () => {
  const { port, supervisor } = await started(2, '    restart_delay: 5s\n');
  const { pid: still, slot } = await getJson<Who>(port);
  process.kill(still, 'SIGSTOP');
  await hold(port, 40);
  const mark = supervisor.mark();
  kill(still, 'SIGKILL');
  await gone([still]);
  const begun = performance.now();
  const after = await hold(port, 100);
  const took = performance.now() - begun;
  expect(supervisor.text('out', mark)).not.toMatch(/web:\d ready/);
  expect(after.every((who) => who.slot !== slot)).toBe(true);
  // Its next look at the queue would have been up to a second away.
  expect(took).toBeLessThan(900);
});

test('reloads with many connections open, without a failed request', async () => {
  const { place, port, supervisor } = await started(4);
  const clients = await load(port, { keepAlive: 80, fresh: 8, rate: 800 });
  for (const value of ['two', 'three']) {
    const mark = supervisor.mark();
    place.edit((text) => text.replace(/VALUE: \w+/, `VALUE: ${value}`));
    await supervisor.converged(mark);
    await clients.answered(new RegExp(`"${value}"`));
  }
  expectNoFailure(await clients.stop(400));
});
