/** Shells, cron, `su` and service managers differ in their environment, and mean the same supervisor. */
import { mkdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { expectNoFailure, getJson, load } from './support/client.ts';
import { scene, type Scene } from './support/scene.ts';
import { gone, run, up, type Ran } from './support/supervisor.ts';

/** `cluster-up ARGS` in an environment of its own. */
type In = (...args: string[]) => Promise<Ran>;

function environments(place: Scene): Record<'login' | 'cron' | 'service', In> {
  const inOne =
    (env: Record<string, string>): In =>
    (...args) =>
      run([...args], { env, inBackground: true, cwd: place.folder });
  for (const name of ['login', 'service']) mkdirSync(place.path(name), { mode: 0o700 });
  const all = {
    login: inOne({ XDG_RUNTIME_DIR: place.path('login') }),
    cron: inOne({ XDG_RUNTIME_DIR: '', CLUSTER_UP_HOME: '' }),
    service: inOne({ CLUSTER_UP_HOME: place.path('service') }),
  };
  onTestFinished(async () => {
    await all.cron('down');
  });
  return all;
}

test('one is found from each, and none starts a second', async () => {
  const place = scene('web');
  const port = await place.port(8080);
  const { login, cron, service } = environments(place);
  expect((await service('up', '-d')).code).toBe(0);
  const { pid } = await getJson<{ pid: number }>(port);
  for (const command of [login, cron]) {
    expect((await command('ls')).out).toContain(String(pid));
    expect((await command('ls', '--all')).out).toContain(String(pid));
    const again = await command('up', '-d');
    expect([again.code, again.out]).toEqual([
      0,
      expect.stringContaining('applied to the running supervisor'),
    ]);
  }
  expect((await cron('scale', 'web', '3')).code).toBe(0);
  expect((await login('reload', 'web')).code).toBe(0);
  expect((await login('down')).code).toBe(0);
  expect((await service('ls')).code).toBe(1);
});

test('what it has left when it died is taken over in another, without losing a request', async () => {
  const place = scene('web');
  const port = await place.port(8080);
  const { cron } = environments(place);
  const first = up(place.file, { env: { XDG_RUNTIME_DIR: place.path('login') }, inBackground: true });
  await first.converged();
  const client = await load(port, { rate: 100 });
  first.signal('SIGKILL');
  await first.exited();
  expect((await cron('ls')).err).toMatch(/processes of one that died live on/);
  expect((await cron('up', '-d')).code).toBe(0);
  await gone(first.processes().map(({ pid }) => pid));
  expectNoFailure(await client.stop());
  expect((await cron('down')).code).toBe(0);
});

test('a port that another one of this user has is told with its file, not with a stack', async () => {
  const [place, other] = [scene('web'), scene('web')];
  const port = await place.port(8080);
  other.edit((text) => text.replaceAll('8080', String(port)));
  const [one, two] = [environments(place), environments(other)];
  expect((await one.login('up', '-d')).code).toBe(0);
  const { code, all } = await two.cron('up', '-d');
  expect(code).toBe(1);
  expect(all).toMatch(
    new RegExp(
      `port ${port} is taken by another supervisor of yours \\(pid \\d+\\), which runs ${place.file}`,
    ),
  );
  expect(all).not.toMatch(/^.* at .*listen\.cjs/m);
});
