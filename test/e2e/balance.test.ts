/** Who takes the next connection. */
import http from 'node:http';
import { describe, expect, test } from 'vitest';
import { begin, expectNoFailure, get, getJson, load, notCut } from './support/client.ts';
import { kill } from './support/processes.ts';
import { sinceNode } from './support/runtimes.ts';
import { scene, type Scene } from './support/scene.ts';
import { gone, up } from './support/supervisor.ts';
import { until } from './support/until.ts';

interface Who {
  readonly pid: number;
  readonly slot: number;
}

async function balanced(balance: string, instances = 2): Promise<{ place: Scene; port: number }> {
  const place = scene('web');
  const port = await place.port(8080);
  place.edit((text) => text.replace('instances: 2', `instances: ${instances}\n    balance: ${balance}`));
  return { place, port };
}

/** Answers of this many new connections, by slot. */
async function spread(port: number, connections: number): Promise<Map<number, number>> {
  const slots = new Map<number, number>();
  for (let i = 0; i < connections; i++) {
    const { slot } = await getJson<Who>(port);
    slots.set(slot, (slots.get(slot) ?? 0) + 1);
  }
  return slots;
}

describe.each(['auto', 'shared', 'least-connections', 'kernel', 'round-robin', 'sticky'])('%s', (balance) => {
  test('answers on new and on kept-alive connections, and loses none in a reload', async () => {
    const { place, port } = await balanced(balance);
    const supervisor = up(place.file);
    await supervisor.converged();
    const clients = await load(port);
    for (const value of ['two', 'three', 'four']) {
      const mark = supervisor.mark();
      place.edit((text) => text.replace(/VALUE: \w+/, `VALUE: ${value}`));
      await supervisor.converged(mark);
      await clients.answered(new RegExp(`"${value}"`));
    }
    expectNoFailure(await clients.stop(500));
  });
});

describe('workers that accept for themselves', () => {
  test('a worker that blocks its event loop for a second delays no new connection while another is idle', async () => {
    const { place, port } = await balanced('auto');
    const supervisor = up(place.file);
    await supervisor.converged();
    const blocked = await begin(port, '/block?ms=1000');
    // From here on it accepts nothing; a connection that it had accepted before would have to wait.
    await supervisor.line(/\| blocks$/);
    let over = false as boolean;
    const end = blocked.end.finally(() => (over = true));
    let worst = 0;
    let during = 0;
    // Until the blocked worker is back: one new connection after the other, all to the idle one.
    while (!over) {
      const begun = performance.now();
      await get(port);
      worst = Math.max(worst, performance.now() - begun);
      during++;
    }
    await end;
    expect(during).toBeGreaterThan(50);
    expect(worst).toBeLessThan(500);
  });

  test('a worker that stands still (SIGSTOP) takes no new connection', async () => {
    const { place, port } = await balanced('auto');
    const supervisor = up(place.file);
    await supervisor.converged();
    const { pid } = await getJson<Who>(port);
    process.kill(pid, 'SIGSTOP');
    for (let i = 0; i < 100; i++) expect((await getJson<Who>(port)).pid).not.toBe(pid);
    process.kill(pid, 'SIGCONT');
  });
});

describe('round-robin', () => {
  test('spreads connections evenly', async () => {
    const { place, port } = await balanced('round-robin');
    const supervisor = up(place.file);
    await supervisor.converged();
    expect([...(await spread(port, 40)).values()]).toEqual([20, 20]);
  });

  test('kill -9 of the only worker: whoever it was not answering waits for the next one', async () => {
    const { place, port } = await balanced('round-robin', 1);
    const supervisor = up(place.file);
    await supervisor.converged();
    const clients = await load(port, { keepAlive: 0, fresh: 8, rate: 800 });
    for (let i = 0; i < 3; i++) {
      const { pid } = await getJson<Who>(port);
      const mark = supervisor.mark();
      kill(pid, 'SIGKILL');
      await gone([pid]);
      await supervisor.line(/web:0 ready/, { after: mark });
      await clients.more(200);
    }
    const stats = await clients.stop();
    expect(notCut(stats)).toEqual([]);
    expect(stats.failed).toBeLessThanOrEqual(3 * 8);
  });

  test('a worker that stands still (SIGSTOP) keeps one connection, and no more, from the others', async () => {
    const { place, port } = await balanced('round-robin');
    const supervisor = up(place.file);
    await supervisor.converged();
    const { pid } = await getJson<Who>(port);
    process.kill(pid, 'SIGSTOP');
    const answered: number[] = [];
    const all = Array.from({ length: 40 }, async () => answered.push((await getJson<Who>(port)).pid));
    await until('all but one are answered', () => answered.length === 39);
    expect(answered).not.toContain(pid);
    process.kill(pid, 'SIGCONT');
    await Promise.all(all);
    expect(answered.at(-1)).toBe(pid);
  });

  test('reloads without a failed request', async () => {
    const { place, port } = await balanced('round-robin');
    const supervisor = up(place.file);
    await supervisor.converged();
    const clients = await load(port, { keepAlive: 2, fresh: 14 });
    for (const value of ['two', 'three', 'four', 'five', 'six', 'seven']) {
      const mark = supervisor.mark();
      place.edit((text) => text.replace(/VALUE: \w+/, `VALUE: ${value}`));
      await supervisor.converged(mark);
      await clients.answered(new RegExp(`"${value}"`));
    }
    expectNoFailure(await clients.stop(500));
  });
});

describe('kernel', () => {
  // Elsewhere `kernel` does what `shared` does.
  sinceNode('22.12')('gives each slot a socket of its own (SO_REUSEPORT: Node >= 22.12)', async () => {
    const { place, port } = await balanced('kernel', 2);
    const supervisor = up(place.file);
    await supervisor.converged();
    const { pid, slot } = await getJson<Who>(port);
    // Connections in the queue of a worker that stands still stay there: proof of a queue for each.
    process.kill(pid, 'SIGSTOP');
    const agents = Array.from({ length: 40 }, () => new http.Agent());
    const answered: number[] = [];
    const all = agents.map((agent) => getJson<Who>(port, '/', agent).then((who) => answered.push(who.slot)));
    await until('some are answered', () => answered.length > 5);
    process.kill(pid, 'SIGCONT');
    await Promise.all(all);
    const waited = answered.filter((other) => other === slot).length;
    expect(waited).toBeGreaterThan(5);
    expect(waited).toBeLessThan(35);
  });

  test('kill -9 of a worker: a neighbour takes its connections until it has a successor', async () => {
    const { place, port } = await balanced('kernel', 2);
    place.edit((text) => text.replace('env: {', 'restart_delay: 2s\n    env: {'));
    const supervisor = up(place.file);
    await supervisor.converged();
    const clients = await load(port, { keepAlive: 0, fresh: 8, rate: 800 });
    const { pid } = await getJson<Who>(port);
    const mark = supervisor.mark();
    kill(pid, 'SIGKILL');
    await gone([pid]);
    await supervisor.line(/web:\d ready/, { after: mark });
    await clients.more(400);
    const stats = await clients.stop();
    // Those that it was just answering are lost with it; none is refused, and none waits for the successor.
    expect(notCut(stats)).toEqual([]);
    expect(stats.failed).toBeLessThanOrEqual(8);
    expect(stats.worstLatency).toBeLessThan(1500);
  });

  test('scaling down gives up the sockets of the slots that go', async () => {
    const { place, port } = await balanced('kernel', 4);
    const supervisor = up(place.file);
    await supervisor.converged();
    const clients = await load(port, { keepAlive: 2, fresh: 6, rate: 600 });
    const mark = supervisor.mark();
    place.edit((text) => text.replace('instances: 4', 'instances: 1'));
    await supervisor.converged(mark);
    await until('one worker is left', () => supervisor.processes().length === 2);
    await clients.more(400);
    expectNoFailure(await clients.stop(400));
    expect((await get(port)).status).toBe(200);
  });
});
