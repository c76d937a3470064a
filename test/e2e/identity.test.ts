/** `uid` and `gid`: workers of another user share sockets, are rolled and ended like any others. */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectNoFailure, getJson, load } from './support/client.ts';
import { freePort } from './support/ports.ts';
import { cli, node } from './support/runtimes.ts';
import { scene, type Scene } from './support/scene.ts';
import { gone, run, up } from './support/supervisor.ts';
import { pidsBySlot } from './support/web.ts';

interface Who {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly HOME: string;
  readonly USER: string;
}

const isRoot = process.getuid?.() === 0;

/** The folder may be entered by everybody. */
async function identity(): Promise<{ place: Scene; web: number; root: number }> {
  const place = scene('identity');
  chmodSync(place.folder, 0o755);
  const [web, root] = [await place.port(8080), await place.port(8081)];
  return { place, web, root };
}

describe.runIf(isRoot && process.platform === 'linux')('as root', () => {
  test('workers and programs run as the user, with its group, home and no other groups; the others as before', async () => {
    const { place, web, root } = await identity();
    const supervisor = up(place.file);
    await supervisor.converged();
    expect(await getJson<Who>(web)).toMatchObject({
      uid: 33,
      gid: 33,
      groups: [33],
      HOME: '/var/www',
      USER: 'www-data',
    });
    expect(await getJson<Who>(root)).toMatchObject({ uid: 0, gid: 0, HOME: process.env['HOME'] });
    const line = supervisor.lines.filter(({ text }) => text.startsWith('line:0')).map(({ text }) => text);
    // uid, gid, groups, and the HOME that the file sets.
    expect(line.map((text) => text.replace(/^.*\| /, ''))).toEqual(['33', '1', '1', '/srv']);
  });

  test('they share a socket through reloads without a failed request, crash and are ended like any others', async () => {
    const { place, web } = await identity();
    const supervisor = up(place.file);
    await supervisor.converged();
    const before = Object.values(await pidsBySlot(web, 2));
    const clients = await load(web);
    for (const uid of ['daemon', '33']) {
      const mark = supervisor.mark();
      place.edit((text) => text.replace(/uid: [\w-]+\n {4}env: \{ PORT/, `uid: ${uid}\n    env: { PORT`));
      await supervisor.converged(mark);
      await clients.more(100);
      expect((await getJson<Who>(web)).USER).toBe(uid === '33' ? 'www-data' : uid);
    }
    expectNoFailure(await clients.stop(200));
    await gone(before);
    supervisor.signal('SIGTERM');
    expect((await supervisor.exited()).code).toBe(0);
    expect(supervisor.processes()).toEqual([]);
  });

  test('log files are the supervisor’s, in a folder that the user may not enter', async () => {
    const { place } = await identity();
    mkdirSync(place.path('logs'), { mode: 0o700 });
    place.edit((text) => text.replace('user: www-data', 'out_file: logs/line.log\n    user: www-data'));
    const supervisor = up(place.file);
    await supervisor.converged();
    expect(place.read('logs/line.log')).toMatch(/^33\n1\n/);
    expect(statSync(place.path('logs/line.log')).uid).toBe(0);
  });

  test('what the user may not execute is said, with who it is', async () => {
    const place = scene();
    chmodSync(place.folder, 0o755);
    place.write('#!/bin/sh\nsleep 1000\n', 'secret');
    chmodSync(place.path('secret'), 0o700);
    place.write('apps: [{ name: secret, script: ./secret, interpreter: none, uid: www-data }]\n');
    const ran = await run([place.file, '--once']);
    expect(ran.code).toBe(1);
    expect(ran.all).toMatch(/secret" may not be executed by user 33, group 33: check its permissions/);
    expect(ran.all).not.toMatch(/^ +at /m);
  });

  test('an unknown user is an error for up and a warning for validate', async () => {
    const place = scene('identity');
    place.edit((text) => text.replaceAll('www-data', 'nobody-of-that-name'));
    const ran = await run([place.file]);
    expect(ran.code).toBe(1);
    expect(ran.all).toContain('CU1610');
    expect(ran.all).toContain('There is no user `nobody-of-that-name`');
    const validated = await run(['validate', place.file]);
    expect(validated.code).toBe(0);
    expect(validated.all).toContain('CU1610');
    expect((await run(['validate', '--strict', place.file])).code).toBe(1);
  });

  test('without root: an error that says so; one’s own user is no change', async () => {
    const place = scene();
    chmodSync(place.folder, 0o777);
    const port = await freePort();
    const app = (uid: string): string =>
      `apps: [{ name: web, script: ./who.js, uid: ${uid}, env: { PORT: ${port} } }]\n`;
    place.write(scene('identity').read('who.js'), 'who.js');
    place.write(app('daemon'));
    // As another user, through a shell line of a supervisor that runs as root.
    const outer = scene();
    chmodSync(outer.folder, 0o755);
    outer.write(
      `apps: [{ name: inner, script: '"$NODE" "$CLI" "$FILE" 2>&1', uid: nobody, autorestart: false, env: { CLUSTER_UP_HOME: ${place.folder}/home } }]\n`,
    );
    const env = { NODE: node, CLI: cli };
    const refused = up(outer.file, { flags: ['--once'], env: { ...env, FILE: place.file } });
    await refused.line(/CU1609/);
    await refused.line(/only root may become one/);
    await refused.exited();

    place.write(app('nobody'));
    const own = up(outer.file, { env: { ...env, FILE: place.file } });
    await own.line(/inner:0 +\| .*converged in/);
    expect(await getJson<Who>(port)).toMatchObject({ uid: 65_534 });
  });
});
