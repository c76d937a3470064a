import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Processes } from '../../src/watchers/processes.ts';

/** A process group of a shell and its child, each holding memory; ends with the test. */
async function group(script: string): Promise<number> {
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => {
    process.kill(-Number(child.pid), 'SIGKILL');
  });
  await once(child.stdout, 'data');
  return Number(child.pid);
}

describe.skipIf(process.platform !== 'linux')('usage of process groups', () => {
  it('counts the children in', async () => {
    const alone = await group('echo up; exec sleep 100');
    const withNode = await group(
      `${process.execPath} -e "console.log('up'); setInterval(() => {}, 1000)" & wait`,
    );
    const usage = await new Processes().usage(
      new Map([
        [alone, 1],
        [withNode, 1],
      ]),
    );
    expect(usage.get(alone)?.memory).toBeGreaterThan(0);
    expect(usage.get(withNode)?.memory).toBeGreaterThan(20e6);
    expect(usage.get(withNode)?.memory).toBeGreaterThan(5 * (usage.get(alone)?.memory ?? 0));
  });

  it('is the share of a core since it was last asked', async () => {
    const busy = await group(`exec ${process.execPath} -e "console.log('up'); for (;;);"`);
    const processes = new Processes();
    await processes.usage(new Map([[busy, 1]]));
    await expect
      .poll(async () => (await processes.usage(new Map([[busy, 1]]))).get(busy)?.cpu, { interval: 400 })
      .toBeGreaterThan(0.1);
  });

  it('leaves out what has ended', async () => {
    const child = spawn('true', { detached: true });
    await once(child, 'exit');
    expect(await new Processes().usage(new Map([[Number(child.pid), 1]]))).toEqual(new Map());
  });
});
