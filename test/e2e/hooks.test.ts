/** The ways in which apps end themselves: each is left to do its work, and costs no request. */
import { expect, test } from 'vitest';
import { get } from './support/client.ts';
import { lanes } from './support/lanes.ts';
import { gone } from './support/supervisor.ts';
import { keepAlive } from './support/protocols.ts';
import { root } from './support/runtimes.ts';
import { scene, type Scene } from './support/scene.ts';
import { up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

async function start(
  style: string,
  keys: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<{ place: Scene; port: number; supervisor: Supervisor }> {
  const place = scene('protocols');
  const port = await place.port(8080);
  const more = keys.map((line) => `    ${line}\n`).join('');
  place.edit(
    (text) =>
      text.replace('./http.js', './hooks.js').replace('VALUE: one', `VALUE: one, STYLE: ${style}`) + more,
  );
  const supervisor = up(place.file, { env: { NODE_PATH: `${root}/node_modules`, ...env } });
  await supervisor.converged();
  return { place, port, supervisor };
}

function edit(place: Scene): void {
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
}

const STYLES: { style: string; keys?: string[]; told?: RegExp; closed?: RegExp }[] = [
  { style: 'SIGINT', closed: /closed in order, listening true then false: one/ },
  {
    style: 'SIGTERM',
    keys: ['kill_signal: SIGTERM'],
    closed: /closed in order, listening true then false: one/,
  },
  {
    style: 'message',
    keys: ['shutdown_with_message: true'],
    closed: /closed in order, listening true then false: one/,
  },
  { style: 'close-with-grace', told: /told to end by SIGINT: one/ },
  { style: 'terminus' },
  { style: 'http-terminator' },
];

test.each(STYLES)(
  '$style: told once, ends in order, and no request of a load is lost',
  async ({ style, keys, told = /told to end: one/, closed = /closed in order: one/ }) => {
    const { place, port, supervisor } = await start(style, keys);
    const load = await lanes(6, () => keepAlive('/?ms=150')(port));
    const mark = supervisor.mark();
    edit(place);
    await supervisor.converged(mark);
    await until(
      () => `both have closed: ${supervisor.text(undefined, mark)}`,
      () => supervisor.count(closed, mark) === 2,
    );
    await load.more(10);
    expect((await load.stop()).failures).toEqual([]);
    expect(supervisor.count(told, mark)).toBe(2);
    expect(supervisor.count(/killed|cut off/, mark)).toBe(0);
  },
);

test('one that signals cannot wait for loses requests with the drain switched off', async () => {
  const { place, port, supervisor } = await start('leaves', [], { CLUSTER_UP_FAULT: 'no-drain' });
  const load = await lanes(6, () => keepAlive('/?ms=150')(port));
  const mark = supervisor.mark();
  edit(place);
  await supervisor.converged(mark);
  await load.more(10);
  expect((await load.stop()).failures.length).toBeGreaterThan(0);
});

test('an app that exits by itself while it drains is fine', async () => {
  const { place, port, supervisor } = await start('leaves');
  const last = get(port, '/last?ms=800');
  const mark = supervisor.mark();
  await until('it is in flight', async () => (await get(port)).status === 200);
  edit(place);
  await supervisor.converged(mark);
  expect((await last).body).toBe('one');
  await supervisor.line(/app:\d \(pid \d+\) drained:/, { after: mark });
  expect(supervisor.count(/exited|killed|cut off/, mark)).toBe(0);
  expect((await get(port)).body).toBe('two');
});

test('one that ignores everything is killed at kill_timeout, with all that it has started', async () => {
  const { place, port, supervisor } = await start('deaf', ['kill_timeout: 400']);
  const pids = (await get(port, '/child')).body.split(' ').map(Number);
  expect(pids.every((pid) => pid > 1)).toBe(true);
  const mark = supervisor.mark();
  edit(place);
  await supervisor.line(/not now: one/, { after: mark });
  await supervisor.line(/killed \(pid \d+\): did not end within 400 ms/, { after: mark });
  await gone(pids, 3000);
});
