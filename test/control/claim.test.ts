import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { claim } from '../../src/control/claim.ts';
import {
  folderFor,
  knownFolders,
  nameFor,
  runtimeFolder,
  socketPath,
  type Folder,
} from '../../src/control/paths.ts';
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

  it.each([0o755, 0o1777, 0o710])('is one inside where others could enter, and that is said: %o', (mode) => {
    const folder = emptyFolder();
    chmodSync(folder, mode);
    const inside = folderFor({ CLUSTER_UP_HOME: folder });
    expect(path.dirname(inside.path)).toBe(folder);
    expect(inside.instead).toBe(`${folder} is no folder that only you can enter (chmod 700)`);
    expect(lstatSync(inside.path).mode & 0o777).toBe(0o700);
    expect(folderFor({ CLUSTER_UP_HOME: folder })).toEqual(inside);
    expect(knownFolders({ CLUSTER_UP_HOME: folder })).toContain(inside.path);
  });

  it.each(['l'.repeat(90), 'ü'.repeat(45)])('is one of its own where the path is too long: %s', (name) => {
    const home = path.join(emptyFolder(), name);
    const other = runtimeOf({ CLUSTER_UP_HOME: home });
    expect(other.instead).toBe(`${home} is longer than the path of a socket may be`);
    expect(Buffer.byteLength(socketPath(other.path, '/srv/e.yml'))).toBeLessThan(108);
    expect(folderFor({ CLUSTER_UP_HOME: home })).toEqual(other);
    expect(runtimeOf({ CLUSTER_UP_HOME: `${home}2` }).path).not.toBe(other.path);
  });

  it('is the next one where XDG_RUNTIME_DIR cannot be used', () => {
    const file = path.join(emptyFolder(), 'file');
    writeFileSync(file, '');
    const found = folderFor({ XDG_RUNTIME_DIR: file });
    expect(found.path).not.toContain(file);
    expect(found.instead).toContain(file);
    // Nobody can make a folder there, which the system does not say outright.
    expect(runtimeOf({ CLUSTER_UP_HOME: '/proc/none/home' }).instead).toContain('/proc/none');
    const link = path.join(emptyFolder(), 'link');
    symlinkSync(emptyFolder(), link);
    expect(runtimeOf({ CLUSTER_UP_HOME: link }).path).not.toBe(link);
  });

  it.runIf(process.getuid?.() === 0)(
    'as root (skipped without root), is another where another user may replace it, and nothing is left there',
    () => {
      const on = grounds();
      symlinkSync(on.ours(), on.theirs('way'));
      for (const names of [['home'], ['a', 'home'], ['way', 'home']]) {
        const home = on.theirs(...names);
        const found = runtimeOf({ CLUSTER_UP_HOME: home });
        expect(found.path.startsWith(on.theirs())).toBe(false);
        expect(found.instead).toMatch(/another user/);
      }
      const { path: other, instead } = runtimeOf({ XDG_RUNTIME_DIR: on.theirs() });
      expect([path.dirname(other) === on.theirs(), instead]).toEqual([
        false,
        `${on.theirs()} is another user's`,
      ]);
      expect(existsSync(on.theirs('cluster-up'))).toBe(false);
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

/** Ends with the test, where it is one of its own. */
function runtimeOf(env: NodeJS.ProcessEnv): Folder {
  const folder = folderFor(env);
  onTestFinished(() => {
    if (folder.path !== runtimeFolder({})) rmSync(folder.path, { recursive: true, force: true });
  });
  return folder;
}

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
