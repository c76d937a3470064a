/** The file is followed, however it is saved, and only what an edit changes is touched. */
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { begin, expectNoFailure, get, getJson, load } from './support/client.ts';
import { isAlive, kill } from './support/processes.ts';
import { freePort } from './support/ports.ts';
import { scene } from './support/scene.ts';
import { gone, up } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { pidsBySlot, web, type Who } from './support/web.ts';

describe('ways to save', () => {
  test('in place, several times', async () => {
    const { place, port, supervisor } = await web();
    for (const value of ['two', 'three']) {
      const mark = supervisor.mark();
      place.write(place.read().replace(/VALUE: \w+/, `VALUE: ${value}`));
      await supervisor.converged(mark);
      expect((await getJson<Who>(port)).value).toBe(value);
    }
  });

  test('a new file renamed over the old one, several times', async () => {
    const { apply, who } = await web();
    for (const value of ['two', 'three', 'four']) {
      await apply(/VALUE: \w+/, `VALUE: ${value}`);
      expect((await who()).value).toBe(value);
    }
  });

  test('the old file renamed away and a new one written, as some editors make their backup', async () => {
    const { place, supervisor, who } = await web();
    const text = place.read();
    const mark = supervisor.mark();
    renameSync(place.file, `${place.file}~`);
    place.write(text.replace('VALUE: one', 'VALUE: two'));
    await supervisor.converged(mark);
    expect((await who()).value).toBe('two');
  });

  test('deleted, with a while in between in which all serves on, and created again', async () => {
    const { place, supervisor, who } = await web();
    const before = await who();
    const text = place.read();
    const mark = supervisor.mark();
    unlinkSync(place.file);
    await supervisor.line(/rejected: what runs goes on unchanged/, { after: mark });
    expect(isAlive(before.pid)).toBe(true);
    expect((await who()).value).toBe('one');
    place.write(text.replace('VALUE: one', 'VALUE: two'));
    await supervisor.converged(mark);
    expect((await who()).value).toBe('two');
  });

  test('behind symbolic links that are swapped, as Kubernetes does with config maps', async () => {
    const place = scene('web');
    const port = await place.port(8080);
    const folder = place.path('config');
    const at = (...names: string[]): string => path.join(folder, ...names);
    const publish = (version: string, value: string): void => {
      mkdirSync(at(version), { recursive: true });
      const text = place.read().replace(/VALUE: \w+/, `VALUE: ${value}`);
      writeFileSync(at(version, 'ecosystem.yml'), text.replace('./server.js', place.path('server.js')));
      symlinkSync(version, at('..data_tmp'));
      renameSync(at('..data_tmp'), at('..data'));
    };
    mkdirSync(folder);
    publish('..2024_01', 'one');
    symlinkSync('..data/ecosystem.yml', at('ecosystem.yml'));
    const supervisor = up(at('ecosystem.yml'));
    await supervisor.converged();
    for (const [version, value] of [
      ['..2024_02', 'two'],
      ['..2024_03', 'three'],
    ] as const) {
      const mark = supervisor.mark();
      publish(version, value);
      await supervisor.converged(mark);
      expect((await getJson<Who>(port)).value).toBe(value);
    }
    // And the kubelet removes the old versions.
    rmSync(at('..2024_01'), { recursive: true });
    rmSync(at('..2024_02'), { recursive: true });
    const mark = supervisor.mark();
    publish('..2024_04', 'four');
    await supervisor.converged(mark);
    expect((await getJson<Who>(port)).value).toBe('four');
  });

  test('behind links to other folders, as deploy tools make them: current → releases/2', async () => {
    const place = scene('web');
    const port = await place.port(8080);
    const release = (number: number, value: string): void => {
      const text = place.read().replace(/VALUE: \w+/, `VALUE: ${value}`);
      mkdirSync(place.path(`releases/${number}`), { recursive: true });
      writeFileSync(
        place.path(`releases/${number}/ecosystem.yml`),
        text.replace('./server.js', place.path('server.js')),
      );
    };
    const publish = (number: number): void => {
      symlinkSync(`releases/${number}`, place.path('next'));
      renameSync(place.path('next'), place.path('current'));
    };
    release(1, 'one');
    publish(1);
    mkdirSync(place.path('etc'));
    symlinkSync('../current/ecosystem.yml', place.path('etc/ecosystem.yml'));
    const supervisor = up(place.path('etc/ecosystem.yml'));
    await supervisor.converged();
    release(2, 'two');
    const steps: [string, () => void][] = [
      ['two', () => publish(2)],
      // The file itself, at the end of the links.
      ['three', () => release(2, 'three')],
      ['one', () => publish(1)],
    ];
    for (const [value, change] of steps) {
      const mark = supervisor.mark();
      change();
      await supervisor.converged(mark);
      expect((await getJson<Who>(port)).value).toBe(value);
    }
  });

  test('a burst of 50 saves ends at the last of them', async () => {
    const { place, supervisor, who } = await web();
    const text = place.read();
    const mark = supervisor.mark();
    for (let i = 1; i <= 50; i++) {
      place.write(text.replace('VALUE: one', `VALUE: save${i}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('the last save is served', async () => (await who()).value === 'save50');
    await supervisor.converged(mark);
    await until('one generation is left', () => supervisor.processes().length === 3);
    // 50 rollouts it were not.
    expect(supervisor.count(/rolling from/, mark)).toBeLessThan(10);
  });

  test('50 saves that each wait for the one before to be noticed', async () => {
    const { place, supervisor, who } = await web();
    const text = place.read();
    for (let i = 1; i <= 50; i++) {
      const temporary = place.path(`.save-${i}`);
      writeFileSync(temporary, text.replace('VALUE: one', `VALUE: save${i}`));
      renameSync(temporary, place.file);
      await who();
    }
    await until('the last save is served', async () => (await who()).value === 'save50');
    await until('one generation is left', () => supervisor.processes().length === 3);
  });
});

describe('what an edit changes', () => {
  test('instances 2 → 5 → 3: survivors keep their pids, the highest slots go', async () => {
    const { port, supervisor, apply } = await web();
    const two = await pidsBySlot(port, 2);
    await apply('instances: 2', 'instances: 5');
    const five = await pidsBySlot(port, 5);
    expect(five).toMatchObject(two);
    await apply('instances: 5', 'instances: 3');
    await gone([five[3] ?? 0, five[4] ?? 0]);
    const three = await pidsBySlot(port, 3);
    expect(three).toEqual({ 0: five[0], 1: five[1], 2: five[2] });
    expect(supervisor.count(/rolling from/)).toBe(0);
  });

  test('scaling down lets requests in flight finish', async () => {
    const { port, edit, supervisor } = await web((text) => text.replace('instances: 2', 'instances: 4'));
    const slow = await Promise.all(Array.from({ length: 8 }, () => begin(port, '/slow?ms=1500')));
    const mark = edit('instances: 4', 'instances: 1');
    await supervisor.line(/web:3 draining/, { after: mark });
    for (const { end } of slow) expect((await end).status).toBe(200);
    await until('one worker is left', () => supervisor.processes().length === 2);
  });

  test.each<[string, string, string, (who: Who & { args: string[]; cwd: string }) => boolean]>([
    ['env', 'VALUE: one', 'VALUE: two', ({ value }) => value === 'two'],
    ['script', './server.js', './second-try.js', ({ value }) => value === 'second try'],
    ['args', 'instances: 2', 'args: [--fast]\n    instances: 2', ({ args }) => args[0] === '--fast'],
    ['cwd', 'script: ./server.js', 'cwd: ./sub\n    script: ../server.js', ({ cwd }) => cwd.endsWith('/sub')],
    [
      'a variable that is removed',
      ', VALUE: one',
      '',
      ({ value }) => (value as string | undefined) === undefined,
    ],
  ])('%s rolls every worker', async (_what, from, to, isNew) => {
    const { place, port, supervisor, edit } = await web();
    mkdirSync(place.path('sub'));
    const before = Object.values(await pidsBySlot(port, 2));
    const mark = edit(from, to);
    await supervisor.line(/web: rolling from/, { after: mark });
    await supervisor.converged(mark);
    await gone(before);
    const after = {
      ...(await getJson<Who>(port)),
      ...(await getJson<{ args: string[]; cwd: string }>(port, '/args')),
    };
    expect(isNew(after)).toBe(true);
  });

  test('a roll is worker by worker: never fewer ready than asked for, never more than one above', async () => {
    const { port, supervisor, edit } = await web((text) => text.replace('instances: 2', 'instances: 3'));
    await pidsBySlot(port, 3);
    const mark = edit('VALUE: one', 'VALUE: two');
    await supervisor.converged(mark);
    let alive = 3;
    for (const { text } of supervisor.lines.slice(mark)) {
      if (/web:\d ready/.test(text)) alive++;
      if (/web:\d draining/.test(text)) alive--;
      expect(alive).toBeGreaterThanOrEqual(3);
      expect(alive).toBeLessThanOrEqual(4);
    }
    expect(alive).toBe(3);
  });

  test('a removed app drains, a new one starts, the one that stays is left alone', async () => {
    const place = scene('web');
    const [stays, leaves, comes] = [await place.port(8080), await freePort(), await freePort()];
    const app = (name: string, port: number): string =>
      `  - { name: ${name}, script: ./server.js, instances: 2, env: { PORT: ${port}, VALUE: ${name} } }\n`;
    place.write(`apps:\n${app('stays', stays)}${app('leaves', leaves)}`);
    const supervisor = up(place.file);
    await supervisor.converged();
    const before = await pidsBySlot(stays, 2);
    const slow = await begin(leaves, '/slow?ms=1200');
    const mark = supervisor.mark();
    place.write(`apps:\n${app('stays', stays)}${app('comes', comes)}`);
    expect((await slow.end).status).toBe(200);
    await supervisor.converged(mark);
    expect((await getJson<Who>(comes)).value).toBe('comes');
    await expect(get(leaves)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await pidsBySlot(stays, 2)).toEqual(before);
    await supervisor.line(/leaves: gone/, { after: mark });
  });

  test('a renamed app takes over its port without a failed request', async () => {
    const { port, supervisor, apply } = await web();
    const clients = await load(port);
    for (const name of ['site', 'shop', 'web']) {
      await apply(/name: \w+/, `name: ${name}`);
      await clients.more(200);
    }
    expectNoFailure(await clients.stop(600));
    await until('two workers are left', () => supervisor.processes().length === 3);
  });

  test('a comment and another order of keys do nothing', async () => {
    const { port, supervisor, apply } = await web();
    const before = await pidsBySlot(port, 2);
    const mark = supervisor.mark();
    await apply(
      /env: { PORT: (\d+), VALUE: one }/,
      '# a remark\n    env: { VALUE: "one", PORT: "$1" } # another',
    );
    expect(await pidsBySlot(port, 2)).toEqual(before);
    expect(supervisor.count(/starting|draining|rolling/, mark)).toBe(0);
  });

  test('a save without a change says nothing at all', async () => {
    const { place, port, supervisor, apply } = await web();
    const before = await pidsBySlot(port, 2);
    const mark = supervisor.mark();
    place.write(place.read());
    copyFileSync(place.file, place.path('copy.yml'));
    renameSync(place.path('copy.yml'), place.file);
    // The next edit is noticed, so the ones before it have been.
    await apply('instances: 2', 'instances: 3');
    expect(supervisor.count(/converged/, mark)).toBe(1);
    expect(await pidsBySlot(port, 3)).toMatchObject(before);
  });
});

describe('edits that cross', () => {
  test('the latest wins over one that is under way', async () => {
    const { place, supervisor, who, edit } = await web((text) =>
      text.replace('instances: 2', 'instances: 4'),
    );
    const mark = edit('VALUE: one', 'VALUE: two');
    await supervisor.line(/web: rolling from/, { after: mark });
    place.edit((text) => text.replace('VALUE: two', 'VALUE: three').replace('instances: 4', 'instances: 2'));
    await supervisor.converged(mark);
    await until('two workers are left', () => supervisor.processes().length === 3);
    expect((await who()).value).toBe('three');
  });

  test('back to what ran before, in the middle of a roll', async () => {
    const { port, supervisor, edit } = await web((text) => text.replace('instances: 2', 'instances: 4'));
    const clients = await load(port, { rate: 500 });
    const mark = edit('VALUE: one', 'VALUE: two');
    await supervisor.line(/web:\d draining/, { after: mark });
    edit('VALUE: two', 'VALUE: one');
    await supervisor.converged(mark);
    await until('four workers are left', () => supervisor.processes().length === 5);
    expectNoFailure(await clients.stop(100));
    for (let i = 0; i < 20; i++) expect((await getJson<Who>(port)).value).toBe('one');
  });

  test('an invalid edit is printed once and changes nothing; the next valid one applies', async () => {
    const { place, port, supervisor, edit, apply } = await web();
    const before = await pidsBySlot(port, 2);
    const mark = edit('instances: 2', 'instnces: 3');
    await supervisor.line(/rejected: what runs goes on unchanged/, { after: mark });
    expect(supervisor.text('err', mark)).toContain('instnces');
    expect(supervisor.text('err', mark)).toContain('instances');
    // Saved again as it is.
    place.write(place.read());
    copyFileSync(place.file, place.path('copy.yml'));
    renameSync(place.path('copy.yml'), place.file);
    await apply('instnces: 3', 'instances: 3');
    expect(supervisor.count(/rejected/, mark)).toBe(1);
    expect(supervisor.count(/did you mean/i, mark)).toBe(1);
    expect(await pidsBySlot(port, 3)).toMatchObject(before);
  });

  test('an invalid edit taken back is no edit', async () => {
    const { port, supervisor, edit } = await web();
    const before = await pidsBySlot(port, 2);
    const mark = edit('instances: 2', 'instances: [');
    await supervisor.line(/rejected/, { after: mark });
    edit('instances: [', 'instances: 2');
    await supervisor.converged(mark);
    expect(supervisor.count(/starting|draining|rolling/, mark)).toBe(0);
    expect(await pidsBySlot(port, 2)).toEqual(before);
  });

  test('--no-watch does not follow', async () => {
    const { port, supervisor, edit, who } = await web(undefined, { flags: ['--no-watch'] });
    const mark = edit('VALUE: one', 'VALUE: two');
    // Long enough for an edit to be noticed, if anyone looked.
    kill((await who()).pid, 'SIGKILL');
    await supervisor.line(/web:\d ready/, { after: mark });
    await pidsBySlot(port, 2);
    expect((await who()).value).toBe('one');
    expect(supervisor.count(/rolling/, mark)).toBe(0);
  });
});
