import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { claim } from '../../src/control/claim.ts';
import { nameFor, runtimeFolder, socketPath, UnsafeFolder } from '../../src/control/paths.ts';
import type { Handlers } from '../../src/control/server.ts';
import { grounds } from '../files/theirs.ts';
import { emptyFolder } from './support.ts';

const handlers = { wait: () => ({ converged: true, problems: [] }) } as unknown as Handlers;
const failed = (error: unknown): void => {
  throw error;
};

describe('claiming the control socket', () => {
  it('gives it to one of many that start at once, and connects the others', async () => {
    const socket = path.join(emptyFolder(), 'a.sock');
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim(socket, handlers, failed)));
    onTestFinished(() => {
      for (const { server, other } of claims) {
        other?.close();
        server?.close();
      }
    });
    expect(claims.filter(({ server }) => server !== null)).toHaveLength(1);
    const others = claims.flatMap(({ other }) => other ?? []);
    expect(others).toHaveLength(19);
    await Promise.all(others.map((client) => client.call('wait', {})));
    expect(existsSync(`${socket}.claim`)).toBe(false);
  });

  it('cleans up the socket of a supervisor that died', async () => {
    const socket = path.join(emptyFolder(), 'a.sock');
    const dead = await listenAndDie(socket);
    expect(dead.signalCode).toBe('SIGKILL');
    expect(existsSync(socket)).toBe(true);
    const { server } = await claim(socket, handlers, failed);
    expect(server).not.toBeNull();
    server?.close();
  });

  it('does not wait for a claim that a dead process left behind', async () => {
    const socket = path.join(emptyFolder(), 'a.sock');
    mkdirSync(`${socket}.claim`);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(`${socket}.claim`, longAgo, longAgo);
    const { server } = await claim(socket, handlers, failed);
    expect(server).not.toBeNull();
    server?.close();
  });
});

describe('the runtime folder', () => {
  it('is CLUSTER_UP_HOME, else in XDG_RUNTIME_DIR, and is made for its user alone', () => {
    const folder = emptyFolder();
    const home = path.join(folder, 'home');
    expect(runtimeFolder({ CLUSTER_UP_HOME: home, XDG_RUNTIME_DIR: folder })).toBe(home);
    expect(runtimeFolder({ XDG_RUNTIME_DIR: folder })).toBe(path.join(folder, 'cluster-up'));
  });

  it('is refused where others could enter', () => {
    const folder = emptyFolder();
    chmodSync(folder, 0o755);
    expect(() => runtimeFolder({ CLUSTER_UP_HOME: folder })).toThrow(UnsafeFolder);
    const link = path.join(emptyFolder(), 'link');
    symlinkSync(emptyFolder(), link);
    expect(() => runtimeFolder({ CLUSTER_UP_HOME: link })).toThrow(UnsafeFolder);
  });

  it.runIf(process.getuid?.() === 0)(
    'as root (skipped without root), is refused where another user may replace it',
    () => {
      const on = grounds();
      expect(() => runtimeFolder({ CLUSTER_UP_HOME: on.theirs('home') })).toThrow(
        /can be replaced by another user/,
      );
      expect(() => runtimeFolder({ CLUSTER_UP_HOME: on.theirs('a', 'home') })).toThrow(UnsafeFolder);
      symlinkSync(on.ours(), on.theirs('way'));
      expect(() => runtimeFolder({ CLUSTER_UP_HOME: on.theirs('way', 'home') })).toThrow(UnsafeFolder);
      expect(runtimeFolder({ CLUSTER_UP_HOME: on.ours('home') })).toBe(on.ours('home'));
    },
  );

  it('names a socket after the path that was given: a link on the way may lead elsewhere tomorrow', () => {
    const folder = emptyFolder();
    const link = path.join(emptyFolder(), 'current');
    symlinkSync(folder, link);
    const before = nameFor(path.join(link, 'e.yml'));
    rmSync(link);
    symlinkSync(emptyFolder(), link);
    expect(nameFor(path.join(link, 'x', '..', 'e.yml'))).toBe(before);
    expect(nameFor(path.join(folder, 'e.yml'))).not.toBe(before);
    expect(socketPath('/run', '/srv/e.yml').length).toBeLessThan(60);
  });
});

/** A process that listened on `socket` and was killed, so that nothing cleaned up. */
async function listenAndDie(socket: string): Promise<ChildProcess> {
  const script = path.join(path.dirname(socket), 'listen.cjs');
  writeFileSync(
    script,
    `require('net').createServer().listen(process.argv[2], () => process.send('listening'))`,
  );
  const child = fork(script, [socket], { execArgv: [] });
  await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'exit');
  return child;
}
