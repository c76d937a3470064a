/** A supervisor is found, and is the only one of its file, whatever the environment was that it was started in. */
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { claim } from '../../src/control/claim.ts';
import { connectTo, leaseOf, listenerFor, nameAt, reachNamed } from '../../src/control/find.ts';
import { knownFolders, nameFor, runtimeFolder, socketPath } from '../../src/control/paths.ts';
import { allSockets, socketsNamed } from '../../src/control/places.ts';
import { serve, type Handlers } from '../../src/control/server.ts';
import { emptyFolder } from './support.ts';

const handlers = { reopen: () => ({ files: 7 }) } as unknown as Handlers;
const failed = (error: unknown): void => {
  throw error;
};
const file = (): string => path.join(emptyFolder(), 'ecosystem.yml');

async function serving(folder: string, of: string): Promise<string> {
  const socket = socketPath(folder, of);
  const server = await serve(socket, handlers, failed);
  onTestFinished(() => server.close());
  return socket;
}

it('looks into the folder that was chosen, then into the usual ones, and makes none', () => {
  const [home, xdg] = [emptyFolder(), emptyFolder()];
  const env = { CLUSTER_UP_HOME: home, XDG_RUNTIME_DIR: xdg };
  expect(knownFolders(env)[0]).toBe(home);
  expect(knownFolders(env)).not.toContain(path.join(xdg, 'cluster-up'));
  const second = runtimeFolder({ XDG_RUNTIME_DIR: xdg });
  expect(knownFolders(env).slice(0, 2)).toEqual([home, second]);
});

it.runIf(process.platform === 'linux')(
  'finds one in a folder that this environment knows nothing of',
  async () => {
    const [folder, of] = [emptyFolder(), file()];
    const socket = await serving(folder, of);
    for (const env of [{}, { CLUSTER_UP_HOME: emptyFolder() }]) {
      expect(socketsNamed(nameFor(of), env).at(-1)).toBe(socket);
      expect(allSockets(env)).toContain(socket);
      const client = await connectTo(of, env);
      expect(await client?.call('reopen', {})).toEqual({ files: 7 });
      client?.close();
    }
    expect(await reachNamed(nameAt(`/run/${nameFor(file())}.sock`), {})).toBeNull();
  },
);

it.each([0o755, 0o1777, 0o710])(
  'does not believe what is in a folder that others can enter: %o',
  async (mode) => {
    const [folder, of] = [path.join(emptyFolder(), 'ü'), file()];
    mkdirSync(folder, { mode: 0o700 });
    const socket = await serving(folder, of);
    const env = { CLUSTER_UP_HOME: folder };
    expect(socketsNamed(nameFor(of), env)).toContain(socket);
    chmodSync(folder, mode);
    expect(knownFolders(env)).not.toContain(folder);
    expect(socketsNamed(nameFor(of), env)).not.toContain(socket);
    expect(await connectTo(of, env)).toBeNull();
  },
);

it.runIf(process.platform === 'linux')(
  'is the only one of its file, wherever another would have its socket',
  async () => {
    const of = file();
    const sockets = Array.from({ length: 8 }, () => socketPath(emptyFolder(), of));
    const claims = await Promise.all(
      sockets.map((socket) => claim(socket, handlers, failed, undefined, leaseOf(of), () => listenerFor(of))),
    );
    onTestFinished(() => {
      for (const { server, other, lease } of claims) {
        other?.close();
        server?.close();
        lease?.release();
      }
    });
    expect(claims.filter(({ server }) => server !== null)).toHaveLength(1);
    const client = await connectTo(of, {});
    expect(await client?.call('reopen', {})).toEqual({ files: 7 });
    client?.close();
  },
);
