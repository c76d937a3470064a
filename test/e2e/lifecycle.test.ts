/** The supervisor's own life: nobody hears that something was done which its end then undoes. */
import { describe, expect, test } from 'vitest';
import { background } from './support/command.ts';
import { begin, get, getJson } from './support/client.ts';
import { isAlive, kill } from './support/processes.ts';
import { gone, run } from './support/supervisor.ts';
import { until } from './support/until.ts';
import type { Who } from './support/web.ts';

test('many `up -d` at once: each converges, and one of them is the supervisor', async () => {
  const { place, command, state } = await background();
  expect((await command('down')).code).toBe(0);
  const many = await Promise.all(
    Array.from({ length: 8 }, () => run(['up', '-d'], { cwd: place.folder, inBackground: true })),
  );
  expect(many.map(({ code, err }) => ({ code, err }))).toEqual(many.map(() => ({ code: 0, err: '' })));
  const { supervisor, apps } = await state();
  expect(isAlive(supervisor.pid)).toBe(true);
  expect(apps[0]).toMatchObject({ ready: 2, workers: [{ slot: 0 }, { slot: 1 }] });
});

describe('while it drains', () => {
  test('commands fail and say why, `up -d` waits for the end and starts anew', async () => {
    const { port, command, state } = await background();
    const before = (await state()).supervisor.pid;
    const slow = await begin(port, '/slow?ms=3000');
    const down = command('down');
    await until('it is shutting down', async () => (await command('reload', 'web')).code === 1);
    for (const args of [
      ['reload', 'web'],
      ['start', 'web'],
      ['restart', 'all'],
    ]) {
      const ran = await command(...args);
      expect(ran.code).toBe(1);
      expect(ran.err).toContain('shutting down');
      expect(ran.out).not.toContain('converged');
    }
    const again = await command('up', '-d');
    expect(again).toMatchObject({ code: 0, err: '' });
    expect((await down).code).toBe(0);
    expect((await slow.end).status).toBe(200);
    expect((await state()).supervisor.pid).not.toBe(before);
    expect((await getJson<Who>(port)).value).toBe('one');
  });

  test('two `down` at once: both see the end', async () => {
    const { port, command, state } = await background();
    await begin(port, '/slow?ms=2000');
    const pids = (await state()).apps.flatMap(({ workers }) => workers.map(({ pid }) => pid ?? 0));
    const both = await Promise.all([command('down'), command('down')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

test('`down` where the supervisor was killed and a worker is busy for good: seen to be gone', async () => {
  const { port, command, state } = await background((text) =>
    `${text}    drain_timeout: 300\n    kill_timeout: 300\n`.replace('instances: 2', 'instances: 1'),
  );
  const { supervisor, apps } = await state();
  const [worker] = apps[0]?.workers ?? [];
  const blocked = get(port, '/block?ms=60000').catch(() => null);
  await until('its loop is blocked', async () => (await command('logs', 'web')).out.includes('blocks'));
  kill(supervisor.pid, 'SIGKILL');
  await gone([supervisor.pid]);
  expect(isAlive(worker?.pid ?? 0)).toBe(true);
  const down = await command('down');
  expect(down.code).toBe(0);
  expect(isAlive(worker?.pid ?? 0)).toBe(false);
  await blocked;
});
