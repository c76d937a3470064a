/** Code that comes from a `source`: a release is there before a worker is touched, and stays to go back to. */
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ReleaseView } from '../../src/model/release-view.ts';
import { expectNoFailure, load } from './support/client.ts';
import { BROKEN } from './support/releases.ts';
import { shop, type Shop } from './support/shop-repository.ts';
import { up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

const start = async ({ file, env }: Shop): Promise<Supervisor> => {
  const supervisor = up(file, { env });
  await supervisor.converged();
  return supervisor;
};

const builds = ({ env }: Shop): number => readFileSync(env['BUILDS'] ?? '', 'utf8').split('\n').length - 1;

test('another ref is fetched, built and rolled, and its bytes stay to go back to', async () => {
  const place = await shop();
  const first = place.release('v1');
  place.git('tag', 'v1');
  const second = place.release('v2');
  place.git('tag', 'v2');
  place.write('ref: v1');
  const plan = await place.command('plan');
  expect(plan.out).toContain(`shop  add     2 workers; release v1 (${first}) is fetched and built first`);
  await start(place);
  expect(await place.answer()).toBe('v1');
  expect((await place.app()).code).toMatchObject({ id: first, from: 'source', changed: false });

  const client = await load(place.port);
  place.write('ref: v2');
  const { version } = await place.settled(second);
  expect([version, await place.answer()]).toEqual(['v2', 'v2']);

  // What the repository has by now does not matter.
  place.git('tag', '--delete', 'v1');
  place.release('v3', { 'release.json': 'broken' });
  const before = builds(place);
  const listed = JSON.parse((await place.command('releases', 'shop', '--json')).out) as ReleaseView[];
  expect(listed.map(({ id, label, runs }) => [id, label, runs])).toEqual([
    [second, 'v2', true],
    [first, 'v1', false],
  ]);
  expect((await place.command('rollback', 'shop', first)).code).toBe(0);
  expect(await place.answer()).toBe('v1');
  expect((await place.command('plan')).out).toMatch(/held at \w{8} by `rollback`/);
  expect((await place.command('reload', 'shop')).code).toBe(0);
  expect(await place.answer()).toBe('v2');
  expect((await place.command('rollback', 'shop')).code).toBe(0);
  expect(await place.answer()).toBe('v1');
  expect(builds(place)).toBe(before);
  expectNoFailure(await client.stop());
  const none = await place.command('rollback', 'shop', 'v9');
  expect([none.code, none.err]).toEqual([1, expect.stringContaining('has no release v9; there is v2 (')]);
});

test('a build that fails, and code that does, leave the release that runs', async () => {
  const place = await shop('instances: 2, rollout: { deadline: 3s }');
  const first = place.release('v1');
  place.write('ref: main');
  await start(place);
  const client = await load(place.port);

  place.write('ref: main', 'echo to be read; exit 3');
  const failed = await place.command('up', '-d');
  expect(failed.code).toBe(1);
  expect(failed.err).toContain(
    'could not be prepared: The build failed: `echo to be read; exit 3` exited with code 3',
  );
  expect(failed.err).toContain('    to be read');
  const state = await place.state();
  expect([state.converged, state.apps[0]?.rollout.state, state.apps[0]?.code?.id]).toEqual([
    false,
    'failed',
    first,
  ]);

  for (const [how, code] of Object.entries(BROKEN)) {
    const broken = place.release(how, { 'server.js': code });
    place.write('ref: main');
    expect((await place.command('up', '-d')).code).toBe(1);
    const { rollout, workers } = await place.app();
    expect(rollout.state).toBe('rolled-back');
    expect(workers.every((worker) => worker.code === first)).toBe(true);
    expect((await place.app()).code?.id).toBe(broken);
  }
  const mended = place.release('v2');
  expect((await place.command('up', '-d')).code).toBe(0);
  await place.settled(mended);
  expectNoFailure(await client.stop());
});

test(
  'a branch that is followed: 10 commits, of which the last is what runs',
  { timeout: 90_000 },
  async () => {
    const place = await shop();
    place.release('v0');
    place.write('ref: main, poll: 1s, keep: 3');
    await start(place);
    const client = await load(place.port);
    let last = '';
    for (let turn = 1; turn <= 10; turn += 1) {
      place.release(`v${turn}`);
      // By force: the commit of before is in no branch any more.
      if (turn % 4 === 0) place.git('commit', '--quiet', '--amend', '--message', `other ${turn}`);
      last = place.git('rev-parse', 'HEAD').slice(0, 8);
      await client.more(150);
    }
    await place.settled(last);
    expect(await place.answer()).toBe('v10');
    expectNoFailure(await client.stop());
    const kept = await until('the old ones are gone', async () => {
      const listed = JSON.parse((await place.command('releases', 'shop', '--json')).out) as ReleaseView[];
      // Those that a rollback may need stay, too.
      return listed.length <= 3 + 5 ? listed : null;
    });
    expect(kept[0]).toMatchObject({ id: last, runs: true, stable: true });
  },
);

test('a supervisor that is killed amid a build: the next one builds it anew', async () => {
  const place = await shop();
  const first = place.release('v1');
  place.write('ref: main');
  const supervisor = await start(place);
  const client = await load(place.port);
  const second = place.release('v2');
  place.write('ref: main', 'cp release.json built.json; test -e "$BUILDS.go" || sleep 60');
  await until('it builds', async () => (await place.app()).rollout.message?.includes('fetched and built'));
  expect((await place.app()).rollout.state).toBe('preparing');
  supervisor.signal('SIGKILL');
  await supervisor.exited();
  place.scene.write('', 'builds.go');
  const next = up(place.file, { env: place.env });
  await next.converged();
  const { workers } = await place.settled(second);
  expect(workers.map(({ code }) => code)).not.toContain(first);
  expectNoFailure(await client.stop());
});

test('without its repository, the release that is there is run, and that is said', async () => {
  const place = await shop();
  const first = place.release('v1');
  place.write('ref: main');
  const supervisor = await start(place);
  supervisor.signal('SIGINT');
  await supervisor.exited();
  renameSync(place.repository, `${place.repository}.away`);
  const begun = await place.command('up', '-d');
  expect(begun.code).toBe(1);
  expect(begun.err).toContain(`There is no git repository at ${place.repository}`);
  expect(begun.err).toContain(`It goes on with main (${first}).`);
  expect(await place.answer()).toBe('v1');
  expect((await place.state()).converged).toBe(false);
  renameSync(`${place.repository}.away`, place.repository);
  expect((await place.command('up', '-d')).code).toBe(0);
  expect((await place.command('down')).code).toBe(0);
});

test('what it takes over from serves until the release of a new app is there', async () => {
  const place = await shop();
  place.release('v1');
  place.scene.write(
    `require('node:http').createServer((_, response) => response.end('old')).listen(${place.port});`,
    'old.js',
  );
  place.scene.write('apps: [{ name: old, script: ./old.js, instances: 2 }]\n');
  await start(place);
  const client = await load(place.port);
  place.write('ref: nowhere');
  expect((await place.command('up', '-d')).code).toBe(1);
  expect(await place.answer()).toBe('old');
  place.write('ref: main', 'cp release.json built.json; sleep 1');
  expect((await place.command('up', '-d')).code).toBe(0);
  expect(await place.answer()).toBe('v1');
  expectNoFailure(await client.stop());
  rmSync(place.repository, { recursive: true });
});
