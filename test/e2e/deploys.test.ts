/** The code of an app is part of its revision: a deploy is a rollout like any other. */
import { appendFileSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectNoFailure, get, load, notCut } from './support/client.ts';
import { kill } from './support/processes.ts';
import { BROKEN, releases, versionOf, type Releases } from './support/releases.ts';
import { up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { Random } from '../soak/random.ts';

const start = async ({ file, env }: Releases, ...flags: readonly string[]): Promise<Supervisor> => {
  const supervisor = up(file, { env, flags });
  await supervisor.converged();
  return supervisor;
};

const answer = async ({ port }: Releases): Promise<string> => (await get(port)).body.split(' ')[0] ?? '';

describe('a link that is switched', () => {
  test('is an edit like any other', async () => {
    const place = await releases();
    const supervisor = await start(place);
    const before = await place.app();
    expect(before.version).toBe('1.0.1');
    const client = await load(place.port);
    place.make('r2');
    const mark = supervisor.mark();
    place.link('r2');
    await supervisor.converged(mark);
    expectNoFailure(await client.stop());
    const { code, version, revision, workers } = await place.settled('r2');
    const folder = realpathSync(place.scene.path('current'));
    expect(code).toEqual({ id: folder, from: 'link', folder, changed: false });
    expect(version).toBe('1.0.2');
    expect(revision).not.toBe(before.revision);
    expect(workers.map((worker) => worker.code)).toEqual([folder, folder]);
    expect(supervisor.text(undefined, mark)).toContain(`code ${before.code?.id ?? ''} → ${folder}`);
    expect(await answer(place)).toBe('r2');

    const back = await place.command('rollback', 'shop');
    expect(back.code).toBe(0);
    expect(await answer(place)).toBe('r1');
    const plan = await place.command('plan', '--exit-code');
    expect(plan.code).toBe(2);
    expect(plan.out).toMatch(/held at \w{8} by `rollback`/);
  });

  test("and a crash in between starts the code of the worker's own revision", async () => {
    const place = await releases('instances: 2, rollout: { min_ready: 3s, max_surge: 1 }');
    await start(place);
    place.make('r2');
    place.link('r2');
    const old = await until('a worker of r2 is there, and one of r1', async () => {
      const { workers } = await place.app();
      const isThere = workers.some(({ code }) => code?.endsWith('/r2'));
      return isThere
        ? workers.find(({ code, status }) => code?.endsWith('/r1') && status === 'online')
        : null;
    });
    kill(old.pid ?? 0, 'SIGKILL');
    const next = await until('it has a successor', async () => {
      const { workers } = await place.app();
      return workers.find(({ id, slot, pid }) => slot === old.slot && id > old.id && pid !== null);
    });
    const name = next.revision === old.revision ? 'r1' : 'r2';
    expect(next.code).toMatch(new RegExp(`/${name}$`));
    await place.settled('r2');
  });

  test.each(Object.entries(BROKEN))('to a release that %s is rolled back', async (_how, code) => {
    const place = await releases('instances: 2, rollout: { deadline: 3s }');
    const supervisor = await start(place);
    const client = await load(place.port, { rate: 200 });
    place.make('r2', code);
    const mark = supervisor.mark();
    place.link('r2');
    await supervisor.line(/rolled back/, { after: mark });
    const waited = await place.command('up');
    expect(waited.code).toBe(1);
    const { rollout, workers } = await place.app();
    expect(rollout.state).toBe('rolled-back');
    expect((await place.state()).converged).toBe(false);
    expect(workers.every((worker) => worker.code?.endsWith('/r1'))).toBe(true);
    place.make('r3');
    place.link('r3');
    await place.settled('r3');
    expectNoFailure(await client.stop());
  });

  test('in quick succession is one rollout', async () => {
    const place = await releases();
    const supervisor = await start(place);
    const mark = supervisor.mark();
    for (const name of ['r2', 'r3', 'r4', 'r5']) {
      place.make(name);
      place.link(name);
    }
    await place.settled('r5');
    expect(supervisor.count(/is stable/, mark)).toBe(1);
  });

  test('whose folder is deleted: who crashes says so, and nothing else is started in its place', async () => {
    const place = await releases();
    const supervisor = await start(place, '--no-watch');
    place.make('r2');
    place.link('r2');
    rmSync(place.scene.path('releases/r1'), { recursive: true });
    const { workers } = await place.app();
    const mark = supervisor.mark();
    kill(workers[0]?.pid ?? 0, 'SIGKILL');
    await supervisor.line(/its folder does not exist: .*releases\/r1/, { after: mark });
    expect(await answer(place)).toBe('r1');
    expect((await place.command('up')).code).toBe(0);
    await place.settled('r2');
  });

  test('with the ecosystem file itself below it', async () => {
    const place = await releases();
    const eco = (name: string): void =>
      writeFileSync(
        path.join(place.make(name), 'ecosystem.yml'),
        `apps: [{ name: shop, script: ./server.js, instances: 2, env: { PORT: ${place.port} } }]\n`,
      );
    eco('r1');
    const below = { ...place, file: place.scene.path('current/ecosystem.yml') };
    await start(below);
    eco('r2');
    place.link('r2');
    await until('r2 answers', async () => (await answer(place)) === 'r2');
    const found = await up(below.file, { env: place.env, flags: ['-d'] }).exited();
    expect(found.code).toBe(0);
  });
});

describe('files that change in place', () => {
  const edit = (place: Releases, text: string): void =>
    appendFileSync(place.scene.path('releases/r1/server.js'), `// ${text}\n`);

  test('are rolled by `up`, and said before', async () => {
    const place = await releases();
    const supervisor = await start(place);
    const mark = supervisor.mark();
    const before = await place.app();
    edit(place, 'two');
    const [, told = ''] = await supervisor.line(/(shop: server\.js changed; .*)/, { after: mark });
    expect(told).toContain('`cluster-up reload shop`');
    expect((await place.app()).code?.changed).toBe(true);
    expect((await place.app()).revision).toBe(before.revision);
    const plan = await place.command('plan');
    expect(plan.out).toMatch(/shop {2}roll {4}code \w{8} → \w{8}/);
    const client = await load(place.port);
    expect((await place.command('up')).code).toBe(0);
    expectNoFailure(await client.stop());
    const after = await place.app();
    expect(after.revision).not.toBe(before.revision);
    expect(after.code?.changed).toBe(false);
    expect((await place.command('plan')).out).toContain('nothing to do');

    const back = await place.command('rollback', 'shop');
    expect(back.code).toBe(1);
    expect(back.err).toContain('its code is not there any more');
    expect((await place.app()).revision).toBe(after.revision);
  });

  test('and a worker that crashes meanwhile: not converged until a reload', async () => {
    const place = await releases();
    await start(place);
    edit(place, 'two');
    await until('it is seen', async () => (await place.app()).code?.changed);
    const [first] = (await place.app()).workers;
    kill(first?.pid ?? 0, 'SIGKILL');
    await until(
      'it is said',
      async () => !(await place.state()).converged && (await place.app()).ready === 2,
    );
    const shown = await until('why', async () => {
      const { out } = await place.command('ls');
      return out.includes('runs other code in slot 0') ? out : null;
    });
    expect(shown).toContain('`cluster-up reload shop` rolls all workers');
    const { workers } = await place.app();
    expect(new Set(workers.map(({ code }) => code)).size).toBe(2);
    expect((await place.command('reload', 'shop')).code).toBe(0);
    expect((await place.state()).converged).toBe(true);
  });

  test('what is no code does not count', async () => {
    const place = await releases();
    await start(place);
    const { revision } = await place.app();
    for (const name of ['app.log', '.cache', 'data.sqlite', 'node_modules/a.js', 'uploads/a.png']) {
      const file = place.scene.path(`releases/r1/${name}`);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, 'x');
    }
    expect((await place.command('up')).out).toContain('converged');
    expect((await place.app()).revision).toBe(revision);
    writeFileSync(place.scene.path('releases/r1/node_modules/.package-lock.json'), '{}');
    await place.command('up');
    expect((await place.app()).revision).not.toBe(revision);
  });
});

test('20 switches, with a kill at a random moment of each', { timeout: 240_000 }, async () => {
  const random = new Random(20);
  const place = await releases('instances: 2');
  const flags = { env: place.env };
  let supervisor = up(place.file, flags);
  await supervisor.converged();
  const client = await load(place.port, { rate: 300 });
  const seen = new Map<string, Set<string>>();
  const look = async (): Promise<void> => {
    for (const { revision, code } of (await place.app()).workers)
      seen.set(revision, (seen.get(revision) ?? new Set()).add(code ?? ''));
  };
  for (let turn = 2; turn <= 21; turn += 1) {
    const name = `r${turn}`;
    const { workers } = await place.app();
    place.make(name);
    place.link(name);
    await client.more(Math.floor(random.next() * 250));
    if (random.next() < 0.5) kill(workers[Math.floor(random.next() * workers.length)]?.pid ?? 0, 'SIGKILL');
    else {
      supervisor.signal('SIGKILL');
      await supervisor.exited();
      supervisor = up(place.file, flags);
      await supervisor.converged();
    }
    await place.settled(name);
    await look();
    expect(await answer(place)).toBe(name);
    expect((await place.app()).version).toBe(versionOf(name));
  }
  expect([...seen.values()].filter((codes) => codes.size > 1)).toEqual([]);
  const stats = await client.stop();
  expect(notCut(stats)).toEqual([]);
  // What the killed worker was answering: no more than what was under way on its connections.
  expect(stats.failed).toBeLessThan(20 * 12);
  expect(readFileSync(place.file, 'utf8')).toContain('cwd: ./current');
});
