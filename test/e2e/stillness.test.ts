/** A supervisor that stands still is told of, with real processes; one that is slow is waited for. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Client } from '../../src/control/client.ts';
import { reach } from '../../src/control/find.ts';
import { Lease, type Kernel } from '../../src/control/lease.ts';
import { Unreachable } from '../../src/control/unreachable.ts';
import { emptyFolder } from '../control/support.ts';

/** Answers each line of a client, the first time after it has done what `first` says. */
const SERVER = (first: string): string => `
  let isFirst = true;
  require('net').createServer((socket) => socket.on('error', () => {}).on('data', (bytes) => {
    if (isFirst) { isFirst = false; ${first} }
    for (const line of String(bytes).trim().split('\\n'))
      socket.write(JSON.stringify({ id: JSON.parse(line).id, result: { files: 7 } }) + '\\n');
  })).listen(process.argv[2], () => process.send('listening'));
`;

async function serving(
  first: string,
): Promise<{ child: ChildProcess; client: () => Promise<Client | null> }> {
  const folder = emptyFolder();
  const [script, socket] = [path.join(folder, 'serve.cjs'), path.join(folder, 'a.sock')];
  writeFileSync(script, SERVER(first));
  const child = fork(script, [socket], { execArgv: [] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  const lease = new Lease('a', heldBy(child.pid ?? 0));
  lease.take();
  return { child, client: () => reach(() => [socket], lease) };
}

function heldBy(pid: number): Kernel {
  let held = '';
  return {
    bind: (name) => {
      held = name;
      return () => {};
    },
    sockets: () => `0: 2 0 0 1 1 4711 @${held}`,
    owner: () => pid,
  };
}

// What is looked at takes seconds to be clear.
describe.runIf(process.platform === 'linux')('a supervisor', { timeout: 60_000 }, () => {
  it('that was stopped is told of in time, with what to do, and answers again once it goes on', async () => {
    const { child, client } = await serving('');
    child.kill('SIGSTOP');
    const asked = await client();
    const call = asked?.call('reopen', {});
    await expect(call).rejects.toThrow(Unreachable);
    await expect(call).rejects.toThrow(
      `(pid ${child.pid ?? 0}) stands still, since somebody has stopped it (state T): kill -CONT ${child.pid ?? 0} has it go on; cluster-up down --force`,
    );
    child.kill('SIGCONT');
    const again = await client();
    expect(await again?.call('reopen', {})).toEqual({ files: 7 });
    again?.close();
  });

  it('that waits for something else, and does not run, is told of', async () => {
    const { client } = await serving('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);');
    const asked = await client();
    await expect(asked?.call('reopen', {})).rejects.toThrow(
      /stands still: it does not answer, and has not run/,
    );
  });

  it('whose loop is busy for longer than that is waited for', async () => {
    const { client } = await serving('for (const since = Date.now(); Date.now() - since < 8000;);');
    const asked = await client();
    expect(await asked?.call('reopen', {})).toEqual({ files: 7 });
    asked?.close();
  });
});
