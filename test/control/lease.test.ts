import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { claim } from '../../src/control/claim.ts';
import { ControlError, type Client } from '../../src/control/client.ts';
import { Lease, type Kernel } from '../../src/control/lease.ts';
import { reach } from '../../src/control/find.ts';
import { Unreachable } from '../../src/control/unreachable.ts';
import type { Handlers } from '../../src/control/server.ts';
import { emptyFolder } from './support.ts';

const handlers = { wait: () => ({ converged: true, problems: [] }) } as unknown as Handlers;
const failed = (error: unknown): void => {
  throw error;
};

/** A system of which a test says who has which name. */
function kernel({ owner }: { owner: number | null }): Kernel & { names: Set<string> } {
  const names = new Set<string>();
  return {
    names,
    bind: (name) => {
      if (names.has(name)) return 'taken';
      names.add(name);
      return () => void names.delete(name);
    },
    sockets: () =>
      ['Num       RefCount Protocol Flags    Type St Inode Path', '0: 2 0 10000 1 1 7 /run/dbus']
        .concat(
          [...names].map((name) => `0000000000000000: 00000002 00000000 00000000 0001 01 4711 @${name}`),
        )
        .join('\n'),
    owner: (inode) => (inode === '4711' ? owner : null),
  };
}

describe('a lease', () => {
  it('is of one at a time, and names its holder', () => {
    const system = kernel({ owner: 42 });
    const [a, b] = [new Lease('/run/a.sock', system), new Lease('/run/a.sock', system)];
    expect(a.holder()).toBeNull();
    expect([a.take(), a.take(), b.take()]).toEqual(['ours', 'ours', 'taken']);
    expect(b.holder()).toBe(42);
    expect(new Lease('/run/b.sock', system).take()).toBe('ours');
    a.release();
    expect([b.take(), b.holder()]).toEqual(['ours', 42]);
  });

  it('has a name of the length that Node 20 and later ones agree on, and that tells nothing', () => {
    const system = kernel({ owner: 1 });
    new Lease('/home/me/secret/a.sock', system).take();
    expect([...system.names][0]).toMatch(/^cluster-up\.[0-9a-f]{96}$/);
  });

  it('is none where the system has no such names', () => {
    const lease = new Lease('/run/a.sock', { bind: () => 'unknown here', sockets: () => '', owner: () => 1 });
    expect([lease.take(), lease.holder()]).toEqual(['none', null]);
  });
});

describe('claiming with a lease', () => {
  it('goes on without where a stranger has its name, and says so', async () => {
    const system = kernel({ owner: null });
    const socket = path.join(emptyFolder(), 'a.sock');
    new Lease(socket, system).take();
    const said: string[] = [];
    const claimed = await claim(
      socket,
      handlers,
      failed,
      (text) => said.push(text),
      new Lease(socket, system),
    );
    onTestFinished(() => claimed.server?.close());
    expect(claimed.server).not.toBeNull();
    expect(said).toEqual([expect.stringContaining('no process of yours has the name') as string]);
    const other = await claim(socket, handlers, failed, undefined, new Lease(socket, system));
    onTestFinished(() => other.other?.close());
    expect(other.other).not.toBeNull();
  });

  it('gives its lease back where the socket cannot be made', async () => {
    const system = kernel({ owner: 42 });
    const socket = path.join(emptyFolder(), 'gone', 'a.sock');
    const lease = new Lease(socket, system);
    await expect(claim(socket, handlers, failed, undefined, lease)).rejects.toThrow(ControlError);
    expect(system.names).toEqual(new Set());
  });

  it.skipIf(process.platform !== 'linux')(
    'waits for a supervisor that has it and no socket yet, and connects; or names it',
    async () => {
      const socket = path.join(emptyFolder(), 'a.sock');
      const lease = new Lease(socket);
      expect(lease.take()).toBe('ours');
      onTestFinished(() => lease.release());
      await expect(reachAt(socket, 100)).rejects.toThrow(Unreachable);
      await expect(reachAt(socket, 100)).rejects.toThrow(`pid ${process.pid}`);
      const waiting = [reachAt(socket), claim(socket, handlers, failed).then(({ other }) => other)];
      const first = await claim(socket, handlers, failed, undefined, lease);
      onTestFinished(() => first.server?.close());
      for (const client of await Promise.all(waiting)) {
        expect(await client?.call('wait', {})).toEqual({ converged: true, problems: [] });
        client?.close();
      }
    },
  );

  it.skipIf(process.platform !== 'linux')('takes it over from one that was killed', async () => {
    const socket = path.join(emptyFolder(), 'a.sock');
    const holder = await holding(socket);
    expect(new Lease(socket).holder()).toBe(holder.pid);
    expect(new Lease(socket).take()).toBe('taken');
    holder.kill('SIGKILL');
    const { server, lease } = await claim(socket, handlers, failed);
    expect(lease?.holder()).toBe(process.pid);
    server?.close();
    lease?.release();
    expect(await reachAt(socket)).toBeNull();
  });
});

function reachAt(socket: string, patience?: number): Promise<Client | null> {
  return reach(() => [socket], new Lease(socket), patience);
}

/** A process that has the lease and nothing else. */
async function holding(socket: string): Promise<ChildProcess> {
  const system = kernel({ owner: null });
  new Lease(socket, system).take();
  const script = path.join(path.dirname(socket), 'hold.cjs');
  writeFileSync(
    script,
    `require('net').createServer().listen('\\0' + process.argv[2], () => process.send('listening'))`,
  );
  const child = fork(script, [...system.names], { execArgv: [] });
  await once(child, 'message');
  return child;
}
