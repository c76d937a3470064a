/** An app that leaves the file serves until whoever takes its place does: whatever their order, and whether it can. */
import { expect, test } from 'vitest';
import type { State } from '../../src/model/state.ts';
import { expectNoFailure, load } from './support/client.ts';
import { freePort } from './support/ports.ts';
import { scene } from './support/scene.ts';
import { run, up } from './support/supervisor.ts';
import { until } from './support/until.ts';

const app = (name: string, port: number, more = ''): string =>
  `  - { name: ${name}, script: ./server.js, instances: 2, env: { PORT: ${port}, VALUE: ${name} }${more} }\n`;

test.each([
  ['first', 'auto'],
  ['last', 'auto'],
  ['first', 'round-robin'],
  ['last', 'round-robin'],
  ['first', 'sticky'],
  ['last', 'kernel'],
])('a newcomer that takes over a port is listed %s, balance %s', async (where, balance) => {
  const place = scene('web');
  const more = `, balance: ${balance}`;
  const [port, other] = [await freePort(), await freePort()];
  place.write(`apps:\n${app('old', port, more)}${app('other', other)}`);
  const supervisor = up(place.file);
  await supervisor.converged();
  const clients = await load(port);
  for (const name of ['new', 'newer', 'newest', 'old']) {
    const apps = [app(name, port, more), app('other', other)];
    if (where === 'last') apps.reverse();
    const mark = supervisor.mark();
    place.write(`apps:\n${apps.join('')}`);
    await supervisor.converged(mark);
    await clients.answered(new RegExp(`"${name}"`), 50);
  }
  expectNoFailure(await clients.stop(600));
  expect(supervisor.processes()).toHaveLength(5);
});

test('a rename with a mistake costs nothing, and the corrected file is followed', async () => {
  const place = scene('web');
  const port = await freePort();
  place.write(`apps:\n${app('old', port)}`);
  const supervisor = up(place.file);
  await supervisor.converged();
  const clients = await load(port);
  const mark = supervisor.mark();
  place.write(`apps:\n${app('new', port).replace('server.js', 'throws.js')}`);
  const why = 'stays until new is ready: new exited with code 1 before it listened';
  await supervisor.line(new RegExp(`old: ${why}`), { after: mark });
  await clients.more(200);
  const { out } = await run(['ls', '--json', '-f', place.file]);
  const state = JSON.parse(out) as State;
  expect(state.converged).toBe(false);
  expect(state.apps.map(({ name, status, ready }) => ({ name, status, ready }))).toEqual([
    { name: 'new', status: 'errored', ready: 0 },
    { name: 'old', status: 'online', ready: 2 },
  ]);
  expect(state.apps[1]?.rollout).toMatchObject({ state: 'complete', message: why });
  expect((await run(['plan', place.file])).out).toContain('stays until new is ready');
  place.write(`apps:\n${app('new', port)}`);
  await supervisor.converged(mark);
  await clients.answered(/"new"/, 50);
  expectNoFailure(await clients.stop(600));
  expect(supervisor.count(new RegExp(`old: ${why}`), mark)).toBe(1);
  expect(supervisor.processes()).toHaveLength(3);
});

test('renamed with a mistake while the supervisor was dead: the old workers serve on until it is corrected', async () => {
  const place = scene('web');
  const port = await freePort();
  place.write(`apps:\n${app('old', port)}`);
  const first = up(place.file, { inBackground: true });
  await first.converged();
  const clients = await load(port);
  first.signal('SIGKILL');
  await first.exited();
  place.write(`apps:\n${app('new', port).replace('server.js', 'throws.js')}`);
  const second = up(place.file);
  await second.line(/new: revision \w+ failed/);
  await clients.more(200);
  place.write(`apps:\n${app('new', port)}`);
  await second.converged(second.mark());
  await clients.answered(/"new"/, 50);
  expectNoFailure(await clients.stop(600));
  await until('the old workers are gone', () => first.processes().length === 0);
});
