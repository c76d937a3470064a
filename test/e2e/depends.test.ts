/** `depends_on` with real processes: who starts when, who leaves when, and what is said while somebody waits. */
import { describe, expect, test } from 'vitest';
import type { State } from '../../src/model/state.ts';
import { get } from './support/client.ts';
import { commands } from './support/command.ts';
import { scene, type Scene } from './support/scene.ts';
import { up, type Ran, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

/** Where each of these lines was printed first; all of them must have been. */
function order(supervisor: Supervisor, ...patterns: RegExp[]): number[] {
  return patterns.map((pattern) => {
    const at = supervisor.lines.findIndex(({ text }) => pattern.test(text));
    if (at < 0) throw new Error(`never printed: ${String(pattern)}\n${supervisor.text()}`);
    return at;
  });
}

function expectInOrder(places: readonly number[]): void {
  expect(places).toEqual([...places].sort((a, b) => a - b));
}

async function depends(change: (text: string) => string = (text) => text): Promise<[Scene, number]> {
  const place = scene('depends');
  const port = await place.port(8080);
  place.write(change(place.read()));
  return [place, port];
}

async function stateOf(command: (...args: string[]) => Promise<Ran>): Promise<State> {
  return JSON.parse((await command('ls', '--json')).out) as State;
}

test('dependencies start first and leave last', async () => {
  const [place, port] = await depends();
  const supervisor = up(place.file);
  await supervisor.converged();
  expect((await get(port)).body).toMatch(/^api/);
  expectInOrder(
    order(
      supervisor,
      /db:0 starting/,
      /\| db starts/,
      /db:0 ready/,
      /migrate:0 starting/,
      /\| migrated/,
      /api:0 starting/,
      /\| api listens/,
    ),
  );
  await supervisor.line(/api: waits for db to be ready$/);
  await supervisor.line(/migrate: waits for db to be ready$/);
  await supervisor.line(/api: waits for migrate to complete$/);
  supervisor.signal('SIGTERM');
  expect(await supervisor.exited()).toEqual({ code: 0, signal: null });
  expectInOrder(order(supervisor, /api:0 +\| api leaves/, /\| db leaves/));
  expectInOrder(order(supervisor, /api:1 +\| api leaves/, /\| db leaves/));
});

test('a dependency that is rolled later leaves its dependents alone', async () => {
  const [place] = await depends();
  const supervisor = up(place.file);
  await supervisor.converged();
  const mark = supervisor.mark();
  place.edit((text) => text.replace('min_uptime: 300', 'min_uptime: 300\n    env: { VERSION: 2 }'));
  await supervisor.converged(mark);
  expect(supervisor.count(/db: rolling from/, mark)).toBe(1);
  expect(supervisor.count(/(api|migrate):\d (starting|draining)/, mark)).toBe(0);
});

test('an app that is added waits; what leaves together leaves in order', async () => {
  const [place] = await depends((text) => text.replace('migrate: completed', 'migrate: started'));
  const whole = place.read();
  const [head = '', ...rest] = whole.split('  - name: ');
  const db = rest.find((app) => app.startsWith('db')) ?? '';
  place.write(`${head}  - name: ${db}`);
  const supervisor = up(place.file);
  await supervisor.converged();
  let mark = supervisor.mark();
  place.write(whole);
  await supervisor.converged(mark);
  // A job that has been started is enough.
  expect(supervisor.count(/api: waits for migrate to complete/, mark)).toBe(0);
  mark = supervisor.mark();
  const other =
    'apps:\n  - { name: other, script: ./server.js, env: { PORT: 0, NAME: other }, instances: 1 }\n';
  place.write(other);
  await supervisor.line(/db: gone/, { after: mark });
  expectInOrder(order(supervisor, /api:0 +\| api leaves/, /\| db leaves/));
  expectInOrder(order(supervisor, /api:1 +\| api leaves/, /\| db leaves/));
});

describe('one that never gets ready', () => {
  test('up -d exits 1 and says what is waited for; ls and show say it too; repaired, all goes on', async () => {
    const [place, port] = await depends((text) => {
      const failing = text.replace('autorestart: false', 'autorestart: false\n    env: { CODE: 3 }');
      return `${failing}  - { name: other, script: ./db.sh, min_uptime: 100 }\n`;
    });
    const command = commands(place);
    const started = await command('up', '-d');
    expect(started.code).toBe(1);
    const reason = 'waits for migrate to complete: migrate exited with code 3';
    expect(started.all).toContain(`api: ${reason}`);
    expect((await command('ls')).out).toContain(reason);
    expect((await command('show', 'api')).out).toContain(reason);
    const again = await command('up');
    expect(again.code).toBe(1);
    expect(again.err).toContain(`api: ${reason}`);
    expect(again.err).toContain('migrate');
    const { apps } = await stateOf(command);
    expect(apps.find(({ name }) => name === 'api')).toMatchObject({
      status: 'starting',
      ready: 0,
      workers: [],
    });

    place.edit((text) => text.replace('CODE: 3', 'CODE: 0'));
    await until('the api serves', async () => (await get(port).catch(() => null))?.body.startsWith('api'));
    expect((await command('up')).code).toBe(0);
  });

  test('nothing serves: with --once the supervisor ends with exit code 1, and the reason', async () => {
    const [place] = await depends((text) => text.replace('script: ./db.sh', 'script: ./missing-module.js'));
    place.write("require('./not-there');\n", 'missing-module.js');
    const supervisor = up(place.file, { flags: ['--once'] });
    expect((await supervisor.exited()).code).toBe(1);
    expect(supervisor.text()).toContain('api: waits for db to be ready: db exited with code 1');
    expect(supervisor.text()).toContain('Cannot find module');
    expect(supervisor.count(/api:0 starting/)).toBe(0);
  });
});

test('stop all and start all keep the order', async () => {
  const [place, port] = await depends();
  const command = commands(place);
  expect((await command('up', '-d')).code).toBe(0);
  expect((await command('stop', 'all')).code).toBe(0);
  await expect(get(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const started = await command('start', 'all');
  expect(started.code).toBe(0);
  await until('the api serves', async () => (await get(port).catch(() => null))?.body.startsWith('api'));
});

test('--only brings what its apps depend on, and says so', async () => {
  const [place] = await depends();
  const supervisor = up(place.file, { flags: ['--only', 'migrate'] });
  await supervisor.line(/db is started too: migrate depends on it$/);
  await supervisor.converged();
  expect(supervisor.count(/api/)).toBe(0);
});
