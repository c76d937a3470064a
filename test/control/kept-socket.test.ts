import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../src/control/client.ts';
import { serve, type Handlers } from '../../src/control/server.ts';
import { emptyFolder } from './support.ts';

const handlers = { reopen: () => ({ files: 7 }) } as unknown as Handlers;
const failed = (error: unknown): void => {
  throw error;
};

describe('a control socket that is taken away', () => {
  it.each([
    ['removed', (socket: string) => rmSync(socket)],
    ['moved away', (socket: string) => renameSync(socket, `${socket}.old`)],
    ['replaced by a file', replaceByFile],
    ['gone with its folder', (socket: string) => rmSync(path.dirname(socket), { recursive: true })],
  ])('is made again within 2 s: %s', async (_what, take) => {
    const { socket, said } = await serving();
    take(socket);
    await vi.waitFor(() => expect(said).toEqual([expect.stringContaining('made again') as string]), 2000);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    const client = await connect(socket);
    expect(await client?.call('reopen', {})).toEqual({ files: 7 });
    client?.close();
  });

  it('is left to another process that serves there, and what cannot be is told once', async () => {
    const { socket, said, server } = await serving();
    const other = await serve(socket, { reopen: () => ({ files: 8 }) } as unknown as Handlers, failed);
    onTestFinished(() => other.close());
    await vi.waitFor(
      () => expect(said).toEqual([expect.stringContaining('another process') as string]),
      3000,
    );
    const client = await connect(socket);
    expect(await client?.call('reopen', {})).toEqual({ files: 8 });
    client?.close();
    server.close();
    expect(statSync(socket).isSocket()).toBe(true);
  });

  it('is told once where it cannot be made', async () => {
    const { socket, said } = await serving();
    rmSync(socket);
    mkdirSync(socket);
    await vi.waitFor(() => expect(said).toHaveLength(1), 3000);
    rmSync(socket, { recursive: true });
    await vi.waitFor(() => expect(said).toHaveLength(2), 3000);
    expect(said[0]).toMatch(/cannot be made again: E/);
    expect(said[1]).toMatch(/has been made again/);
  });
});

function replaceByFile(socket: string): void {
  rmSync(socket);
  writeFileSync(socket, '');
}

async function serving(): Promise<{
  readonly socket: string;
  readonly said: string[];
  readonly server: Awaited<ReturnType<typeof serve>>;
}> {
  const folder = path.join(emptyFolder(), 'home');
  mkdirSync(folder, { mode: 0o700 });
  const socket = path.join(folder, 'a.sock');
  const said: string[] = [];
  const server = await serve(socket, handlers, failed, (text) => said.push(text));
  onTestFinished(() => server.close());
  return { socket, said, server };
}
