/** Nothing around the supervisor ends it: what fails is told and tried again, and the apps are served meanwhile. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { get, load, expectNoFailure } from './support/client.ts';
import { freePort } from './support/ports.ts';
import { isAlive } from './support/processes.ts';
import { cli, node } from './support/runtimes.ts';
import { scene } from './support/scene.ts';
import { run, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { webAndProgram } from './support/web.ts';

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';

/** A state folder of its own, which is gone with the test. */
function home(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-home-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'state');
}

/** Resolves once whoever answers there is of this edit. */
async function serves(port: number, value: string): Promise<void> {
  const answer = (): Promise<string> =>
    get(port).then(
      ({ body }) => body,
      () => '',
    );
  await until(`port ${port} serves ${value}`, async () => (await answer()).includes(`"${value}"`), 40_000);
}

/** The last resort was not needed, and nothing of ours failed without being expected to. */
function expectHandled(supervisor: Supervisor): void {
  expect(supervisor.text()).not.toMatch(/nobody expected|nobody waited for/);
  expect(isAlive(supervisor.pid)).toBe(true);
}

/** So many descriptors may the supervisor have from now on; all from there on stay what they are. */
function limit(supervisor: Supervisor, descriptors: number): void {
  const { status } = spawnSync('prlimit', ['--pid', String(supervisor.pid), `--nofile=${descriptors}:`]);
  expect(status).toBe(0);
}

describe.skipIf(!isLinux)('each effect fails for a while, under load', () => {
  test.each(['spawn', 'send', 'kill', 'bind', 'print', 'write', 'read'])('%s', async (effect) => {
    const place = await webAndProgram();
    const breaks = place.path('breaks');
    const supervisor = up(place.file, {
      env: {
        NODE_OPTIONS: `--import ${path.join(import.meta.dirname, 'support/break-effects.js')}`,
        BREAK: breaks,
        CLUSTER_UP_HOME: home(),
      },
    });
    await supervisor.converged();
    const [port] = place.ports;
    const client = await load(port, { rate: 300 });

    writeFileSync(breaks, effect);
    const late = await freePort();
    const added = `  - { name: late, script: ./server.js, exec_mode: cluster, env: { PORT: ${late}, VALUE: one } }\n`;
    place.edit((text) => `${text.replaceAll('VALUE: one', 'VALUE: two')}${added}`);
    await until(
      () => `it was tried: ${supervisor.text()}`,
      () => existsSync(`${breaks}.tries`),
    );
    await client.more(300);
    rmSync(breaks);

    place.edit((text) => text.replaceAll(/VALUE: (one|two)/g, 'VALUE: three'));
    for (const to of [...place.ports, late]) await serves(to, 'three');
    expectNoFailure(await client.stop());
    expectHandled(supervisor);
  });
});

test.skipIf(!isLinux)(
  'the limit of descriptors: what runs is served, mended, looked at and ended',
  async () => {
    const place = await webAndProgram();
    const [port, program] = place.ports;
    const env = { CLUSTER_UP_HOME: home() };
    const supervisor = up(place.file, { env });
    await supervisor.converged();
    const client = await load(port, { rate: 300 });
    limit(supervisor, readdirSync(`/proc/${supervisor.pid}/fd`).length + 2);

    // More than there is room for, then a crash of each.
    place.edit((text) => text.replace('instances: 2', 'instances: 12'));
    await supervisor.line(/could not start: too many files are open/);
    await client.more(200);
    await client.stop().then(expectNoFailure);
    for (const to of [port, program]) {
      await get(to, '/exit?code=3');
      await serves(to, 'one');
    }
    const looked = await run(['ls', '--json', '-f', place.file], { env });
    expect(looked.code).toBe(0);
    expect(looked.all).toMatch(/"converged": ?false/);
    place.edit((text) => text.replace('instances: 12', 'instances: 1'));
    // It may have been slot 0 that crashed: the other worker serves on until there is room for its successor.
    limit(supervisor, 1024);
    await until('those who had no room are not wanted', async () =>
      /"converged": ?true/.test((await run(['ls', '--json', '-f', place.file], { env })).all),
    );
    expectHandled(supervisor);
    const ended = await run(['down', '-f', place.file], { env });
    expect(ended.code).toBe(0);
    expect((await supervisor.exited()).code).toBe(0);
    expect(supervisor.processes()).toEqual([]);
  },
);

test.skipIf(!isLinux)('the state folder vanishes, and is there again for the next supervisor', async () => {
  const place = await webAndProgram();
  const [port] = place.ports;
  const env = { CLUSTER_UP_HOME: home() };
  const supervisor = up(place.file, { env });
  await supervisor.converged();
  const client = await load(port, { rate: 300 });
  rmSync(env.CLUSTER_UP_HOME, { recursive: true });
  const mark = supervisor.mark();
  place.edit((text) => text.replaceAll('VALUE: one', 'VALUE: two'));
  await supervisor.converged(mark);
  for (const to of place.ports) await serves(to, 'two');
  await until(
    'the lists name those who run',
    () =>
      readdirSync(env.CLUSTER_UP_HOME).some((name) => name.endsWith('.pids')) &&
      readdirSync(env.CLUSTER_UP_HOME).some((name) => name.endsWith('.workers')),
  );
  expectNoFailure(await client.stop());
  expectHandled(supervisor);
});

test.skipIf(!isLinux || !isRoot)('the state folder is full: it is told, and the apps are run', async () => {
  const place = await webAndProgram();
  const env = { CLUSTER_UP_HOME: home() };
  mkdirSync(env.CLUSTER_UP_HOME, { mode: 0o700 });
  const mounted = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    'size=64k,mode=700',
    'tmpfs',
    env.CLUSTER_UP_HOME,
  ]);
  if (mounted.status !== 0) return;
  try {
    const supervisor = up(place.file, { env });
    await supervisor.converged();
    const client = await load(place.ports[0], { rate: 300 });
    spawnSync('dd', ['if=/dev/zero', `of=${env.CLUSTER_UP_HOME}/fill`, 'bs=4k']);
    // The lists have no room to be written anew, nor to grow over the end of their page.
    for (const name of readdirSync(env.CLUSTER_UP_HOME).filter((one) => /\.(pids|workers)$/.test(one)))
      rmSync(path.join(env.CLUSTER_UP_HOME, name));
    spawnSync('dd', ['if=/dev/zero', `of=${env.CLUSTER_UP_HOME}/fill2`, 'bs=4k']);
    place.edit((text) => text.replaceAll('VALUE: one', 'VALUE: two'));
    await supervisor.line(/cannot write .*ENOSPC.*; it goes on without/);
    for (const to of place.ports) await serves(to, 'two');
    rmSync(path.join(env.CLUSTER_UP_HOME, 'fill'));
    await supervisor.line(/ is written again$/);
    expectNoFailure(await client.stop());
    expectHandled(supervisor);
    await supervisor.end();
  } finally {
    spawnSync('umount', [env.CLUSTER_UP_HOME]);
  }
});

describe.skipIf(!isLinux || !isRoot)('another user', () => {
  /** A user id that no account has. */
  const AS = ['--reuid', '54321', '--regid', '54321', '--clear-groups'];

  test('without a name, and a state folder that is read-only meanwhile', async () => {
    const place = await webAndProgram();
    const folder = path.dirname(home());
    const env = { ...process.env, CLUSTER_UP_HOME: path.join(folder, 'state'), HOME: folder };
    for (const one of [place.folder, folder]) spawnSync('chown', ['-R', '54321:54321', one]);
    const command = (...args: string[]) =>
      spawnSync('setpriv', [...AS, node, cli, ...args], {
        env,
        cwd: place.folder,
        encoding: 'utf8',
        timeout: 30_000,
      });
    onTestFinished(() => void command('down'));
    expect(command('up', '-d')).toMatchObject({ status: 0 });
    chmodSync(env.CLUSTER_UP_HOME, 0o500);
    place.edit((text) => text.replaceAll('VALUE: one', 'VALUE: two'));
    for (const to of place.ports) await serves(to, 'two');
    const commands = [
      ['ls'],
      ['show', 'web'],
      ['plan'],
      ['validate'],
      ['logs'],
      ['reload', 'web'],
      ['scale', 'web', '3'],
    ];
    for (const args of commands) {
      const { status, stderr } = command(...args);
      expect({ args, status, stderr }).toMatchObject({ status: 0 });
      expect(stderr).not.toMatch(/\n {4}at /);
    }
    expect(command('down')).toMatchObject({ status: 0 });
  });
});

describe.skipIf(!isLinux)('nobody reads what it prints', () => {
  test.each([
    ['SIGTERM', 1],
    ['SIGINT', 2],
  ] as const)('%s, %i times, ends it, and no app has waited for long', async (signal, times) => {
    const place = scene('web');
    const port = await place.port(8080);
    place.write(
      "setInterval(() => { for (let i = 0; i < 100; i++) console.log('x'.repeat(500)); }, 10);\nrequire('./server.js');\n",
      'loud.js',
    );
    place.edit((text) => text.replace('./server.js', './loud.js'));
    const child = spawn(node, [cli, 'up', place.file], {
      env: { ...process.env, CLUSTER_UP_HOME: home() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await until('it serves', async () => (await get(port).catch(() => null))?.status === 200);
    const { pid } = JSON.parse((await get(port)).body) as { pid: number };
    const held = (): number =>
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    const readings: number[] = [];
    await until('its memory is bounded', async () => {
      readings.push(held());
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return readings.length >= 8;
    });
    // Five megabytes a second: had it to wait, that would be so much more.
    expect(Math.max(...readings.slice(5))).toBeLessThan(Math.max(...readings.slice(0, 5)) + 15);
    const asked = performance.now();
    for (let i = 0; i < times; i++) {
      child.kill(signal);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    await until('it has ended', () => child.exitCode !== null, 6000);
    expect(performance.now() - asked).toBeLessThan(6000);
    await until('no worker is left', () => !isAlive(pid), 2000);
  });
});
