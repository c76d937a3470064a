/** An app that leaves the file serves until whoever takes its place does: whatever their order, and whether it can. */
import { describe, expect, test } from 'vitest';
import type { State } from '../../src/model/state.ts';
import { expectNoFailure, getJson, load } from './support/client.ts';
import { freePort } from './support/ports.ts';
import { kill } from './support/processes.ts';
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

test.each(['auto', 'kernel'])(
  'the only worker of the new one is killed as the old one goes: no connection is refused, balance %s',
  async (balance) => {
    const place = scene('web');
    const port = await freePort();
    const one = (name: string): string =>
      `apps:\n${app(name, port, `, balance: ${balance}`).replace('instances: 2', 'instances: 1')}`;
    place.write(one('old'));
    const supervisor = up(place.file);
    await supervisor.converged();
    const clients = await load(port, { keepAlive: 0, rate: 400 });
    const names = ['new', 'newer', 'newest', 'last'];
    for (const [i, name] of names.entries()) {
      const mark = supervisor.mark();
      place.edit(() => one(name));
      const [, pid] = await supervisor.line(new RegExp(`${name}:0 ready \\(pid (\\d+)\\)`), { after: mark });
      // At various times around the end of the old one, whose sockets go as it ends.
      if (i > 1) await supervisor.line(/:0 .*drained: /, { after: mark });
      kill(Number(pid), 'SIGKILL');
      await supervisor.converged(mark);
      await clients.answered(new RegExp(`"${name}"`), 50);
    }
    const { failures, failed } = await clients.stop(600);
    expect(failures.filter((failure) => failure.includes('ECONNREFUSED'))).toEqual([]);
    // What the killed ones were answering.
    expect(failed).toBeLessThanOrEqual(names.length * 6);
    expect(supervisor.processes()).toHaveLength(2);
  },
);

describe('where both cannot run at a time', () => {
  const forked = ', instances: 1, exec_mode: fork, kill_timeout: 500, min_uptime: 300';
  const clustered = ', instances: 1, min_uptime: 300';
  const one = (name: string, port: number, more: string, script = 'server.js'): string =>
    app(name, port, more).replace(', instances: 2', '').replace('server.js', script);

  test.each([
    ['fork', 'fork', forked, forked],
    ['fork', 'cluster', forked, clustered],
    ['cluster', 'fork', clustered, forked],
  ])(
    '%s to %s with a mistake: the old one is back, and the corrected file is followed',
    async (_, to, before, after) => {
      const place = scene('web');
      const port = await freePort();
      place.write(`apps:\n${one('old', port, before)}`);
      const supervisor = up(place.file);
      await supervisor.converged();
      const mark = supervisor.mark();
      place.write(`apps:\n${one('new', port, after, 'missing.js')}`);
      await supervisor.line(/CU1601/, { after: mark });
      // What its worker prints may come late; the supervisor has nothing to say of it.
      expect(supervisor.count(/^cluster-up \| old:/, mark)).toBe(0);
      place.write(`apps:\n${one('new', port, after, 'throws.js')}`);
      const when = to === 'fork' ? 'was ready' : 'listened';
      await supervisor.line(
        new RegExp(`old: stays until new is ready: new exited with code 1 before it ${when}`),
        {
          after: mark,
        },
      );
      await until('the old one answers', async () => (await answer(port)) === 'old');
      const ls = await run(['ls', '-f', place.file]);
      expect(ls.out).toContain(
        `old is no longer in the file; it stays until new is ready: new exited with code 1 before it ${when}`,
      );
      const tried = supervisor.mark();
      place.write(`apps:\n${one('new', port, after)}`);
      await supervisor.converged(tried);
      expect(await answer(port)).toBe('new');
      expect(supervisor.processes()).toHaveLength(2);
    },
  );

  test.each([
    ['fork', forked],
    ['cluster', clustered],
  ])('one in %s mode that never becomes ready: the old one is back', async (_, after) => {
    const place = scene('web');
    const port = await freePort();
    place.write(`apps:\n${one('old', port, forked)}`);
    const supervisor = up(place.file);
    await supervisor.converged();
    const mark = supervisor.mark();
    place.write(`apps:\n${one('new', port, `${after}, ready: message, rollout: { deadline: 1s }`)}`);
    await supervisor.line(/old: stays until new is ready: new did not send 'ready' within 1 s/, {
      after: mark,
    });
    await until('the old one answers', async () => (await answer(port)) === 'old');
  });

  test.each([
    ['cluster to fork', clustered, forked],
    ['fork to cluster', forked, clustered],
  ])('a change of mode with a mistake, %s: the earlier revision is back', async (_, before, after) => {
    const place = scene('web');
    const port = await freePort();
    place.write(`apps:\n${one('web', port, before)}`);
    const supervisor = up(place.file);
    await supervisor.converged();
    const mark = supervisor.mark();
    // It has the port before it fails.
    place.write("require('./server.js'); setTimeout(() => process.exit(1), 50);", 'ends.js');
    place.write(`apps:\n${one('web', port, `${after}, ready: message`, 'ends.js')}`);
    await supervisor.line(/rolled back/, { after: mark });
    await until('the earlier one answers', async () => (await answer(port)) === 'web');
    await run(['ls', '-f', place.file]);
    expect(supervisor.processes()).toHaveLength(2);
  });

  test('two apps of both modes trade their ports', async () => {
    const place = scene('web');
    const [a, b] = [await freePort(), await freePort()];
    place.write(`apps:\n${one('a', a, forked)}${one('b', b, clustered)}`);
    const supervisor = up(place.file);
    await supervisor.converged();
    const clients = await load(b, { keepAlive: 0, fresh: 2, rate: 50 });
    const mark = supervisor.mark();
    place.write(`apps:\n${one('a', b, forked)}${one('b', a, clustered)}`);
    await supervisor.converged(mark);
    expect([await answer(a), await answer(b)]).toEqual(['b', 'a']);
    await clients.stop();
  });
});

/** Who answers there; null while nobody does. */
async function answer(port: number): Promise<string | null> {
  return getJson<{ value: string }>(port).then(
    ({ value }) => value,
    () => null,
  );
}
