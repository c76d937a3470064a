/** The supervisor is killed: its workers finish what they have begun, and go. */
import { expect, test } from 'vitest';
import { begin, get } from './support/client.ts';
import { isAlive, kill } from './support/processes.ts';
import { scene } from './support/scene.ts';
import { gone, up } from './support/supervisor.ts';
import { pidsBySlot, web } from './support/web.ts';

test('kill -9 of the supervisor: requests in flight complete, then the workers exit by themselves', async () => {
  const { port, supervisor } = await web();
  const pids = Object.values(await pidsBySlot(port, 2));
  const slow = await Promise.all(Array.from({ length: 6 }, () => begin(port, '/slow?ms=1500')));
  kill(supervisor.pid, 'SIGKILL');
  expect(await supervisor.exited()).toEqual({ code: null, signal: 'SIGKILL' });
  for (const { end } of slow) expect((await end).status).toBe(200);
  await gone(pids);
  expect(supervisor.processes()).toEqual([]);
  await expect(get(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('idle workers exit at once', async () => {
  const { port, supervisor } = await web();
  const pids = Object.values(await pidsBySlot(port, 2));
  kill(supervisor.pid, 'SIGKILL');
  await gone(pids, 5000);
});

test('a worker that still boots exits too', async () => {
  const { port, supervisor, edit } = await web();
  await pidsBySlot(port, 2);
  const mark = edit('./server.js', './silent.js');
  await supervisor.line(/waiting for something that never comes/, { after: mark });
  kill(supervisor.pid, 'SIGKILL');
  await supervisor.exited();
  await gone(supervisor.processes().map(({ pid }) => pid));
});

test.skipIf(process.platform !== 'linux')(
  'programs in fork mode cannot know: the next supervisor ends them before it starts its own',
  async () => {
    const place = scene('programs');
    await place.port(8080);
    const first = up(place.file);
    await first.converged();
    const binary = pidOf(first.text(), 'binary');
    kill(first.pid, 'SIGKILL');
    await first.exited();
    expect(isAlive(binary)).toBe(true);

    const second = up(place.file);
    await second.line(/ended \d process(es)? of a supervisor that had died/);
    expect(isAlive(binary)).toBe(false);
    await second.converged();
    expect(pidOf(second.text(), 'binary')).not.toBe(binary);
  },
);

function pidOf(printed: string, app: string): number {
  return Number(new RegExp(`${app}:0 ready \\(pid (\\d+)\\)`).exec(printed)?.[1]);
}
