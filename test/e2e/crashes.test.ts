/** Dead workers are replaced, and a crash loop disturbs nobody else. */
import { mkdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { begin, expectNoFailure, get, getJson, load, notCut } from './support/client.ts';
import { isAlive, kill } from './support/processes.ts';
import { freePort } from './support/ports.ts';
import { scene } from './support/scene.ts';
import { gone, up } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { pidsBySlot, web, type Who } from './support/web.ts';

const single = (text: string): string => text.replace('instances: 2', 'instances: 1');

describe('a worker that dies', () => {
  test('kill -9 of the only worker under new connections: none is refused, it is replaced at once', async () => {
    const { port, supervisor, who } = await web(single);
    const clients = await load(port, { keepAlive: 0, fresh: 1, rate: 500 });
    for (let round = 0; round < 3; round++) {
      const { pid } = await who();
      const mark = supervisor.mark();
      kill(pid, 'SIGKILL');
      await supervisor.line(/web:0 \(pid \d+\) was killed by SIGKILL/, { after: mark });
      await supervisor.line(/web:0 ready/, { after: mark });
      await clients.more(50);
      // Long enough to count as stable, so that its next end is no part of a crash loop.
      await until('it has run for a second', async () => Number((await get(port, '/uptime')).body) > 1.2);
    }
    const stats = await clients.stop();
    if (process.env['E2E_FIGURES']) console.log('kill -9', JSON.stringify({ ...stats, answers: {} }));
    expect(notCut(stats)).toEqual([]);
    // One request is in flight at a time, and only that one can go with its worker.
    expect(stats.failed).toBeLessThanOrEqual(3);
    expect(stats.ok).toBeGreaterThan(150);
    expect(stats.worstGap).toBeLessThan(2000);
  });

  test('it is replaced in its slot, and the others stay', async () => {
    const { port, supervisor } = await web();
    const before = await pidsBySlot(port, 2);
    const mark = supervisor.mark();
    kill(before[1] ?? 0, 'SIGKILL');
    await supervisor.line(/web:1 ready/, { after: mark });
    const after = await pidsBySlot(port, 2);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  test('an exit with code 0 that nobody asked for is replaced too', async () => {
    const { port, supervisor } = await web(single);
    const mark = supervisor.mark();
    await get(port, '/exit?code=0').catch(() => {});
    await supervisor.line(/web:0 \(pid \d+\) exited with code 0/, { after: mark });
    await supervisor.line(/web:0 ready/, { after: mark });
    expect((await get(port)).status).toBe(200);
  });

  test('autorestart: false leaves it at that', async () => {
    const { port, supervisor, apply } = await web((text) => `${single(text)}    autorestart: false\n`);
    const mark = supervisor.mark();
    await get(port, '/exit?code=3').catch(() => {});
    await supervisor.line(/web:0 \(pid \d+\) exited with code 3/, { after: mark });
    // What comes later is done, so what was to be done before has been.
    await apply('instances: 1', 'instances: 2');
    expect(supervisor.count(/web:0 starting/, mark)).toBe(0);
  });

  test('what it had started in its group ends with it', async () => {
    const { port, who } = await web(single);
    const child = Number((await get(port, '/child')).body);
    expect(isAlive(child)).toBe(true);
    const { pid } = await who();
    kill(pid, 'SIGKILL');
    await gone([pid, child]);
  });

  test('so it does on a reload', async () => {
    const { port, apply } = await web(single);
    const child = Number((await get(port, '/child')).body);
    await apply('VALUE: one', 'VALUE: two');
    await gone([child]);
  });

  test('one that ignores the signal is killed after kill_timeout', async () => {
    const { port, supervisor, edit } = await web((text) =>
      single(text).replace('env: {', 'kill_timeout: 300\n    env: { STUBBORN: 1,'),
    );
    const mark = edit('VALUE: one', 'VALUE: two');
    await supervisor.line(/\| not now$/, { after: mark });
    await supervisor.line(/web:0 killed .*did not end within 300 ?ms/, { after: mark });
    await until('one worker is left', () => supervisor.processes().length === 2);
    expect((await getJson<Who>(port)).value).toBe('two');
  });

  test('a request that does not end in time is cut off after drain_timeout', async () => {
    const { port, supervisor, edit } = await web((text) => `${single(text)}    drain_timeout: 300\n`);
    const hanging = await begin(port, '/hang');
    const mark = edit('VALUE: one', 'VALUE: two');
    await expect(hanging.end).rejects.toThrow();
    await supervisor.converged(mark);
    await until('one worker is left', () => supervisor.processes().length === 2);
  });
});

describe('a crash loop', () => {
  test('backs off, and does not disturb another app', async () => {
    const other = await freePort();
    const crashing = `  - { name: crashing, script: ./server.js, instances: 2, env: { PORT: ${other}, VALUE: x } }\n`;
    const { port, supervisor } = await web((text) => text + crashing);
    const before = await pidsBySlot(port, 2);
    const clients = await load(port, { rate: 500 });
    const begun = performance.now();
    const mark = supervisor.mark();
    // Each of its workers dies as soon as it serves.
    const killer = setInterval(() => void get(other, '/exit?code=1').catch(() => {}), 5);
    await until('8 ends', () => supervisor.count(/crashing:\d \(pid \d+\) exited with code 1/, mark) >= 8);
    clearInterval(killer);
    const starts = supervisor.count(/crashing:\d starting/, mark);
    const seconds = (performance.now() - begun) / 1000;
    // 100, 200, 400 ms…, less up to a quarter: eight ends of two slots take longer than a third of a second.
    expect(seconds).toBeGreaterThan(0.3);
    expect(starts).toBeLessThanOrEqual(8);
    expect(await pidsBySlot(port, 2)).toEqual(before);
    const stats = await clients.stop(50);
    expectNoFailure(stats);
    expect(stats.worstGap).toBeLessThan(1000);
  });

  test('from the first boot on: few starts, and growing pauses between them', async () => {
    const place = scene('web');
    const port = await place.port(8080);
    place.write(`${place.read()}  - { name: crashing, script: ./throws.js, instances: 1 }\n`);
    const supervisor = up(place.file);
    await supervisor.line(/web: revision \w+ is stable/);
    const before = await pidsBySlot(port, 2);
    const clients = await load(port, { rate: 500 });
    const ends = (): number => supervisor.count(/crashing:0 \(pid \d+\) exited with code 1/);
    await until('6 ends', () => ends() >= 6);
    // After the first end at once, then 100, 200, 400 and 800 ms, each less up to a quarter.
    expect(performance.now() - supervisor.startedAt).toBeGreaterThan(1100);
    expect(supervisor.count(/crashing:0 starting/)).toBe(ends());
    expect(supervisor.count(/crashing: revision \w+ failed/)).toBe(1);
    expect(await pidsBySlot(port, 2)).toEqual(before);
    expectNoFailure(await clients.stop(100));
  });

  test('is over once the file is repaired', async () => {
    const place = scene('web');
    await place.port(8080);
    const port = await freePort();
    place.write(
      `${place.read()}  - { name: other, script: ./throws.js, instances: 1, env: { PORT: ${port} } }\n`,
    );
    const supervisor = up(place.file);
    await supervisor.line(/other: revision \w+ failed/);
    const mark = supervisor.mark();
    place.edit((text) => text.replace('./throws.js', './server.js'));
    await supervisor.converged(mark);
    expect((await get(port)).status).toBe(200);
  });
});

test('a folder that vanishes while its app runs is no reason for the supervisor to fall', async () => {
  const { port, supervisor, place, who } = await web(
    (text) => `${single(text)}    cwd: ./here\n`.replace('./server', '../server'),
    {
      prepare: (folder) => mkdirSync(path.join(folder, 'here')),
    },
  );
  const { pid } = await who();
  rmdirSync(place.path('here'));
  kill(pid, 'SIGKILL');
  await supervisor.line(/web:0 \(pid -\) could not start: its folder does not exist/);
  mkdirSync(place.path('here'));
  await supervisor.line(/web:0 ready/, { after: supervisor.mark() });
  expect((await get(port)).status).toBe(200);
});
