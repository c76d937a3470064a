/** A second `up`, and `reload --update-env`, bring the environment of their shell along: a secret is rotated without `down`. */
import { expect, test } from 'vitest';
import type { State } from '../../src/model/state.ts';
import { expectNoFailure, getJson, load } from './support/client.ts';
import { commands } from './support/command.ts';
import { freePort } from './support/ports.ts';
import { kill } from './support/processes.ts';
import { scene } from './support/scene.ts';
import { run, up, type Ran, type StartOptions } from './support/supervisor.ts';
import { until } from './support/until.ts';

interface Answer {
  readonly password: string | null;
  readonly token: string | null;
  readonly pid: number;
}

const SERVER = `
  const { PORT, DB_PASSWORD: password = null, TOKEN: token = null } = process.env;
  if (password === 'wrong') throw new Error('the database does not let us in');
  const me = JSON.stringify({ password, token, pid: process.pid });
  require('node:http').createServer((_, response) => response.end(me)).listen(PORT);
`;

const OLD = 'hunter-one';
const NEW = 'hunter-two';
const VALUES = new RegExp(`${OLD}|${NEW}`);

type In = (env: Record<string, string>, ...args: string[]) => Promise<Ran>;

/** Apps that inherit DB_PASSWORD, set it, and filter it; each on a port of its own. */
async function apps(token = 'none') {
  const place = scene();
  const command = commands(place);
  const inherits = await freePort();
  const sets = await freePort();
  const filters = await freePort();
  const app = (name: string, port: number, more: string, env = ''): string =>
    `  - { name: ${name}, script: ./server.js, instances: 2, ${more}env: { PORT: ${port}${env} } }\n`;
  place.write(SERVER, 'server.js');
  place.write(
    `apps:\n${app('inherits', inherits, 'rollout: { deadline: 5s }, ', `, TOKEN: "${token}"`)}` +
      app('sets', sets, '', ', DB_PASSWORD: of-the-file') +
      app('filters', filters, 'filter_env: [PASSWORD, SECRET], '),
  );
  const options: StartOptions = { cwd: place.folder, inBackground: true };
  const shell: In = (env, ...args) => run(args, { ...options, env });
  const state = async (): Promise<State> => JSON.parse((await command('ls', '--json')).out) as State;
  const pids = async (): Promise<Record<string, (number | null)[]>> =>
    Object.fromEntries(
      (await state()).apps.map(({ name, workers }) => [name, workers.map(({ pid }) => pid)]),
    );
  return { place, shell, command, state, pids, ports: { inherits, sets, filters } };
}

test('exactly the app that inherits what differs is rolled, without losing a request', async () => {
  const { shell, pids, state, ports } = await apps();
  expect(await shell({ DB_PASSWORD: OLD }, 'up', '-d')).toMatchObject({ code: 0 });
  const [before, was] = [await pids(), await state()];
  const clients = [await load(ports.inherits), await load(ports.sets, { rate: 200 })];

  const planned = await shell({ DB_PASSWORD: NEW }, 'plan', '--exit-code');
  expect(planned.code).toBe(2);
  expect(planned.out).toMatch(/^inherits +roll +environment: DB_PASSWORD$/m);
  expect(planned.out).toMatch(/^sets +none/m);
  expect(planned.out).toMatch(/^filters +none/m);
  const id = /up --plan-id (\w+)/.exec(planned.out)?.[1] ?? '';
  const json = await shell({ DB_PASSWORD: NEW }, 'plan', '--json');
  expect(JSON.parse(json.out)).toMatchObject({
    apps: [{ changes: [{ path: 'environment.DB_PASSWORD', effect: 'roll', line: null }] }, {}, {}],
  });

  // The plan is of that shell, and of no other.
  expect((await shell({ DB_PASSWORD: 'third' }, 'up', '-d', '--plan-id', id)).err).toMatch(/no longer holds/);
  const applied = await shell({ DB_PASSWORD: NEW }, 'up', '-d', '--plan-id', id);
  expect(applied.code).toBe(0);
  await clients[0]?.answered(new RegExp(NEW), 50);
  const after = await pids();
  expect(after['inherits']?.filter((pid) => before['inherits']?.includes(pid))).toEqual([]);
  expect([after['sets'], after['filters']]).toEqual([before['sets'], before['filters']]);
  expect(await getJson<Answer>(ports.sets)).toMatchObject({ password: 'of-the-file' });
  expect(await getJson<Answer>(ports.filters)).toMatchObject({ password: null });

  expect((await shell({ DB_PASSWORD: NEW }, 'plan', '--exit-code')).code).toBe(0);
  const shown = await shell({ DB_PASSWORD: NEW }, 'show', 'inherits', '--json');
  for (const ran of [planned, json, applied, shown]) expect(ran.all).not.toMatch(VALUES);

  // Back to what it was: the revision that it was.
  expect((await shell({ DB_PASSWORD: OLD }, 'up', '-d')).code).toBe(0);
  expect((await state()).apps.map(({ revision }) => revision)).toEqual(
    was.apps.map(({ revision }) => revision),
  );
  for (const client of clients) expectNoFailure(await client.stop(200));
});

test('a session is no environment: nothing happens, in the background and in the foreground', async () => {
  const { shell, pids } = await apps();
  await shell({ DB_PASSWORD: OLD, TERM: 'xterm', SSH_TTY: '/dev/pts/1' }, 'up', '-d');
  const before = await pids();
  const other = { DB_PASSWORD: OLD, TERM: 'dumb', SSH_TTY: '/dev/pts/2', npm_command: 'exec', COLUMNS: '80' };
  for (const args of [['up', '-d'], ['up']]) {
    const again = await shell(other, ...args);
    expect(again).toMatchObject({ code: 0 });
    expect(again.out).toMatch(/^cluster-up: converged: nothing to change$/m);
  }
  expect((await shell(other, 'plan')).out).toMatch(/^nothing to do$/m);
  expect(await pids()).toEqual(before);
});

test('a variable that is no longer there is not inherited any more, nor by who is started later', async () => {
  const { place, shell, state, ports } = await apps();
  await shell({ DB_PASSWORD: OLD }, 'up', '-d');
  const clients = await load(ports.inherits);
  expect((await shell({}, 'plan')).out).toMatch(/environment: DB_PASSWORD/);
  expect(await shell({}, 'up', '-d')).toMatchObject({ code: 0 });
  expect(await getJson<Answer>(ports.inherits)).toMatchObject({ password: null });
  // An edit, and a restart after a crash, are in the environment that was brought last.
  place.edit((text) => text.replace('"none"', '"edited"'));
  await clients.answered(/"password":null,"token":"edited"/, 20);
  expectNoFailure(await clients.stop());
  const { pid } = await getJson<Answer>(ports.inherits);
  kill(pid, 'SIGKILL');
  const started = await until('another one', async () => {
    const app = (await state()).apps.find(({ name }) => name === 'inherits');
    return app?.ready === 2 && app.workers.every((worker) => worker.pid !== pid);
  });
  expect(started).toBe(true);
  for (let i = 0; i < 20; i += 1)
    expect(await getJson<Answer>(ports.inherits)).toMatchObject({ password: null, token: 'edited' });
});

test('${…} means what it means in that shell, and stays that where a later one cannot say it', async () => {
  const { place, shell, pids, ports } = await apps('${SECRET}');
  await shell({ SECRET: OLD }, 'up', '-d');
  const before = await pids();
  const planned = await shell({ SECRET: NEW }, 'plan');
  expect(planned.out).toMatch(/^inherits +roll +env\.TOKEN changed \(line 2\), environment: SECRET$/m);
  expect(planned.out).toMatch(/^sets +roll +environment: SECRET$/m);
  expect(planned.all).not.toMatch(VALUES);
  const clients = await load(ports.inherits);
  expect(await shell({ SECRET: NEW }, 'up', '-d')).toMatchObject({ code: 0 });
  expect(await getJson<Answer>(ports.inherits)).toMatchObject({ token: NEW });
  expect((await pids())['inherits']).not.toEqual(before['inherits']);

  const [without, reloaded] = [await shell({}, 'up', '-d'), await shell({}, 'reload', 'all', '--update-env')];
  expect([without.code, reloaded.code]).toEqual([1, 1]);
  expect(without.err).toMatch(/`SECRET` is not set/);
  expect(reloaded.err).toMatch(/nothing was done: the file was rejected: .*`SECRET` is not set/);
  // Neither has left anything behind.
  expect((await shell({ SECRET: NEW }, 'plan', '--exit-code')).code).toBe(0);
  place.edit((text) => text.replace('deadline: 5s', 'deadline: 6s'));
  expect(await shell({ SECRET: NEW }, 'up', '-d')).toMatchObject({ code: 0 });
  expect(await getJson<Answer>(ports.inherits)).toMatchObject({ token: NEW });
  expectNoFailure(await clients.stop());
});

test('reload and restart keep the environment, unless they are told to bring it', async () => {
  const { shell, pids, ports } = await apps();
  await shell({ DB_PASSWORD: OLD }, 'up', '-d');
  const clients = await load(ports.inherits);
  expect((await shell({ DB_PASSWORD: NEW }, 'reload', 'inherits')).code).toBe(0);
  expect(await getJson<Answer>(ports.inherits)).toMatchObject({ password: OLD });
  const before = await pids();
  expect((await shell({ DB_PASSWORD: NEW }, 'reload', 'wrong', '--update-env')).code).toBe(1);
  expect(await pids()).toEqual(before);
  expect((await shell({ DB_PASSWORD: NEW }, 'reload', 'inherits', '--update-env')).code).toBe(0);
  expect(await getJson<Answer>(ports.inherits)).toMatchObject({ password: NEW });
  expectNoFailure(await clients.stop(500));
  expect((await shell({ DB_PASSWORD: OLD }, 'restart', 'inherits')).code).toBe(0);
  expect(await getJson<Answer>(ports.inherits)).toMatchObject({ password: NEW });
  expect((await shell({ DB_PASSWORD: OLD }, 'restart', 'inherits', '--update-env')).code).toBe(0);
  expect(await getJson<Answer>(ports.inherits)).toMatchObject({ password: OLD });
  expect((await pids())['sets']).toEqual(before['sets']);
});

test('an environment in which it does not start is rolled back, and who crashes gets the one of its revision', async () => {
  const { place, shell, ports } = await apps();
  const first = up(place.file, { env: { DB_PASSWORD: OLD }, inBackground: true });
  await first.converged();
  const clients = await load(ports.inherits);
  const failed = await shell({ DB_PASSWORD: 'wrong' }, 'up');
  expect(failed.code).toBe(1);
  expect(failed.err).toMatch(/inherits: .*exited with code 1/);
  await first.line(/inherits: .*environment: DB_PASSWORD/);
  await first.line(/inherits: .*rolled back to/);
  expectNoFailure(await clients.stop(500));
  const { pid } = await getJson<Answer>(ports.inherits);
  kill(pid, 'SIGKILL');
  const seen = new Map<number, string | null>();
  await until('both answer', async () => {
    const answer = await getJson<Answer>(ports.inherits);
    return seen.set(answer.pid, answer.password).size === 2;
  });
  expect(seen.has(pid)).toBe(false);
  expect([...seen.values()]).toEqual([OLD, OLD]);
  expect((await shell({ DB_PASSWORD: NEW }, 'up')).code).toBe(0);
  expect(await getJson<Answer>(ports.inherits)).toMatchObject({ password: NEW });
  expect((await shell({ DB_PASSWORD: OLD }, 'reload', 'inherits', '--update-env')).code).toBe(0);
  await first.line(/inherits: .*reload, environment: DB_PASSWORD/);
  expect(first.text()).not.toMatch(VALUES);
});

test('a supervisor that follows one that was killed has the environment of its own shell, and rolls once', async () => {
  const { place, shell, ports, pids } = await apps();
  const first = up(place.file, { env: { DB_PASSWORD: OLD }, inBackground: true });
  await first.converged();
  await shell({ DB_PASSWORD: NEW }, 'up');
  const clients = await load(ports.inherits);
  first.signal('SIGKILL');
  await first.exited();
  expect((await shell({ DB_PASSWORD: 'third' }, 'up', '-d')).code).toBe(0);
  await clients.answered(/"third"/, 20);
  expectNoFailure(await clients.stop());
  const before = await pids();
  expect((await shell({ DB_PASSWORD: 'third' }, 'up', '-d')).out).toMatch(/converged: nothing to change/);
  expect(await pids()).toEqual(before);
});
