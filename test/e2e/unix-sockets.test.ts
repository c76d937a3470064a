/** The file of a unix socket outlives a process that is killed: it is in nobody's way, and nobody else's is touched. */
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { get, load } from './support/client.ts';
import { isAlive, kill } from './support/processes.ts';
import { scene } from './support/scene.ts';
import { gone, run, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';

/** An app that listens on a unix socket, ready. */
function started(
  more = '',
  folder = '.',
  top = '',
): { file: string; socketPath: string; supervisor: Supervisor } {
  const place = scene('web');
  chmodSync(place.folder, 0o755);
  if (folder !== '.') mkdirSync(place.path(folder));
  const socketPath = place.path(`${folder}/web.sock`);
  place.edit((text) =>
    text.replace('8080', socketPath).replace('instances: 2', `instances: 2${more}`).concat(top),
  );
  return { file: place.file, socketPath, supervisor: up(place.file) };
}

async function serves(socketPath: string): Promise<void> {
  expect((await get({ socketPath })).status).toBe(200);
}

async function killAll(pids: readonly number[]): Promise<void> {
  for (const pid of pids) kill(pid, 'SIGKILL');
  await until('they are gone', () => !pids.some(isAlive));
}

/** Started anew, it serves; and takes its file along as it ends. */
async function startsAgain(file: string, socketPath: string): Promise<void> {
  expect(lstatSync(socketPath).isSocket()).toBe(true);
  const next = up(file);
  await next.converged();
  await serves(socketPath);
  expect(next.text()).not.toContain('EADDRINUSE');
  await next.end();
  expect(existsSync(socketPath)).toBe(false);
}

describe.runIf(process.platform === 'linux')('its file is left, and an app has it again', () => {
  test.each(['shared', 'kernel', 'round-robin'])(
    'the supervisor and all workers were killed, balance %s',
    async (balance) => {
      const { file, socketPath, supervisor } = started(`\n    balance: ${balance}`);
      await supervisor.converged();
      await killAll([supervisor.pid, ...supervisor.processes().map(({ pid }) => pid)]);
      await startsAgain(file, socketPath);
    },
  );

  test.each(['shared', 'round-robin'])(
    'the supervisor was killed, its orphans drained by themselves, balance %s',
    async (balance) => {
      const { file, socketPath, supervisor } = started(
        `\n    balance: ${balance}`,
        '.',
        'orphan_timeout: 300\n',
      );
      await supervisor.converged();
      await killAll([supervisor.pid]);
      await gone(supervisor.processes().map(({ pid }) => pid));
      await startsAgain(file, socketPath);
    },
  );

  test('the supervisor was killed, then `down`', async () => {
    const { file, socketPath, supervisor } = started();
    await supervisor.converged();
    await killAll([supervisor.pid]);
    expect((await run(['down', '-f', file])).code).toBe(0);
    expect(supervisor.processes()).toEqual([]);
    const next = up(file);
    await next.converged();
    await serves(socketPath);
  });

  test('the supervisor was killed while a worker stood still, which is ended', async () => {
    const { file, socketPath, supervisor } = started();
    await supervisor.converged();
    const [stopped = 0] = supervisor.processes().flatMap(({ pid }) => (pid === supervisor.pid ? [] : [pid]));
    kill(stopped, 'SIGSTOP');
    await killAll([supervisor.pid]);
    const next = up(file);
    await next.converged();
    await until('it has been ended', () => !isAlive(stopped));
    await serves(socketPath);
  });
});

describe.runIf(process.platform === 'linux')('its file is there for as long as the app is', () => {
  const ALONE = 'import { existsSync, unlinkSync } from "node:fs"; if (existsSync(PATH)) unlinkSync(PATH);';
  const WAITING = 'import { rm } from "node:fs/promises"; await rm(PATH, { force: true });';

  test.each([
    ['unlinkSync of a module', ALONE],
    ['rm with a promise', WAITING],
  ])(
    'an app that removes it before it listens, by %s, loses no request in ten reloads',
    async (_way, code) => {
      const place = scene('web');
      const socketPath = place.path('web.sock');
      place.write(
        `import http from 'node:http'; const PATH = process.env.PORT; ${code}
       http.createServer((request, response) => response.end('well')).listen(PATH);
       process.on('SIGINT', () => process.exit());`,
        'alone.mjs',
      );
      place.edit((text) => text.replace('8080', socketPath).replace('server.js', 'alone.mjs'));
      const supervisor = up(place.file);
      await supervisor.converged();
      const clients = await load(socketPath, { rate: 400 });
      for (let i = 0; i < 10; i++) expect((await run(['reload', 'web', '-f', place.file])).code).toBe(0);
      expect(await clients.stop()).toMatchObject({ failed: 0, failures: [] });
      await supervisor.end();
      expect(readdirSync(place.folder).filter((name) => name.includes('sock'))).toEqual([]);
    },
  );

  test.each([false, true])('somebody else removes it, the socket taken over: %s', async (isTakenOver) => {
    const { file, socketPath, supervisor } = started();
    await supervisor.converged();
    if (isTakenOver) {
      await killAll([supervisor.pid]);
      await up(file).converged();
    }
    rmSync(socketPath);
    await until('it is there again', () => existsSync(socketPath));
    await serves(socketPath);
  });
});

describe.runIf(process.platform === 'linux')('what is somebody else’s stays', () => {
  test.each(['shared', 'round-robin'])('a process listens there, balance %s', async (balance) => {
    const { socketPath, supervisor } = started(`\n    balance: ${balance}`, 'run');
    await supervisor.converged();
    await supervisor.end();
    const server = net.createServer((client) => client.end('theirs')).listen(socketPath);
    onTestFinished(() => void server.close());
    const { ino } = lstatSync(socketPath);
    const next = up(supervisor.child.spawnargs.at(-1) ?? '');
    await next.line(/web: unix socket .*web\.sock is not opened: another process has it open/);
    await next.line(/EADDRINUSE/);
    expect(lstatSync(socketPath).ino).toBe(ino);
    // Once it has gone, the app is on its own again.
    await new Promise((resolve) => server.close(resolve));
    await next.converged();
    await serves(socketPath);
  });

  test('a regular file', async () => {
    const { file, socketPath, supervisor } = started('', 'run');
    await supervisor.converged();
    await run(['stop', 'web', '-f', file]);
    writeFileSync(socketPath, 'theirs');
    await run(['start', 'web', '-f', file, '--timeout', '1s']);
    await supervisor.line(/web: unix socket .*web\.sock is not opened: it is a regular file/);
    expect(lstatSync(socketPath).isFile()).toBe(true);
  });

  test('a process that has bound it anew serves on after the end of the app', async () => {
    const { socketPath, supervisor } = started('', 'run');
    await supervisor.converged();
    const server = net.createServer((client) => client.end('theirs')).listen(`${socketPath}.new`);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    renameSync(`${socketPath}.new`, socketPath);
    await supervisor.end();
    const client = net.connect(socketPath);
    expect(String((await once(client, 'data'))[0])).toBe('theirs');
  });
});

describe.runIf(isRoot)('as root, with an app of another user (skipped without root)', () => {
  test.each([
    ['its own folder', 0o755, 33],
    ['a folder of everybody', 0o1777, 0],
  ])('in %s: the file is left, and an app has it again', async (_what, mode, owner) => {
    const { file, socketPath, supervisor } = started('\n    uid: www-data', 'run');
    const folder = socketPath.replace('/web.sock', '');
    chmodSync(folder, mode);
    chownSync(folder, owner, owner);
    await supervisor.converged();
    await killAll([supervisor.pid, ...supervisor.processes().map(({ pid }) => pid)]);
    // As after a time in fork mode, when the program bound it itself.
    if (owner === 33) chownSync(socketPath, 33, 33);
    await startsAgain(file, socketPath);
  });
});
