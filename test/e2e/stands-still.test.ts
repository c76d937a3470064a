/** A supervisor that was stopped, by a person or a debugger, while its apps serve on. */
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { getJson } from './support/client.ts';
import { commands, background } from './support/command.ts';
import { isAlive, kill } from './support/processes.ts';
import { gone } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { webAndProgram } from './support/web.ts';

const linux = test.skipIf(process.platform !== 'linux');

linux('each command says so and how to go on; it goes on as if nothing had been', async () => {
  const { place, port, command, state } = await background();
  const { pid } = (await state()).supervisor;
  kill(pid, 'SIGSTOP');
  onTestFinished(() => kill(pid, 'SIGCONT'));
  const all = ['ls', 'reload web', 'up -d', 'down', 'plan', 'scale web 3', 'logs', 'show web', 'metrics'];
  await Promise.all(
    all.map(async (line) => {
      const { code, err } = await command(...line.split(' '));
      expect({ line, code, err }).toEqual({
        line,
        code: 1,
        err: expect.stringContaining(`(pid ${pid}) stands still, since somebody has stopped it`) as string,
      });
    }),
  );
  expect(await getJson(port)).toMatchObject({ pid: expect.any(Number) as number });
  kill(pid, 'SIGCONT');
  await until('it has heard of the edit', async () => (await state()).apps[0]?.ready === 3);
  expect(readFileSync(place.file, 'utf8')).toContain('instances: 3');
});

linux('down --force ends it and all that it ran', async () => {
  const place = await webAndProgram();
  const command = commands(place);
  expect((await command('up', '-d')).code).toBe(0);
  const { supervisor, apps } = JSON.parse((await command('ls', '--json')).out) as {
    supervisor: { pid: number };
    apps: { workers: { pid: number }[] }[];
  };
  const pids = apps.flatMap(({ workers }) => workers.map(({ pid }) => pid));
  for (const pid of [supervisor.pid, ...pids.slice(0, 1)]) kill(pid, 'SIGSTOP');
  const { code, out } = await command('down', '--force');
  expect(out).toContain(`killing the supervisor (pid ${supervisor.pid}), which does not answer`);
  expect(code).toBe(0);
  expect([supervisor.pid, ...pids].filter(isAlive)).toEqual([]);
  await gone(pids);
  expect((await command('down', '--force')).code).toBe(1);
});
