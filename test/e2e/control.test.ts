/** Everything a person or a script does with running apps, from another terminal. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { socketOf } from '../../src/control/find.ts';
import { background, commands } from './support/command.ts';
import { expectNoFailure, getJson, load } from './support/client.ts';
import { kill } from './support/processes.ts';
import { node } from './support/runtimes.ts';
import { scene } from './support/scene.ts';
import { gone, run, up } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { web, type Who } from './support/web.ts';
import stateSchema from './support/state.schema.json' with { type: 'json' };

describe('up -d', () => {
  test('returns once converged, and what it started stays', async () => {
    const { started, port, command, state } = await background();
    expect(started).toMatchObject({ code: 0, err: '' });
    expect((await getJson<Who>(port)).value).toBe('one');
    const { converged, config, apps } = await state();
    expect({ converged, config }).toEqual({ converged: true, config: { state: 'applied', error: null } });
    expect(apps).toMatchObject([
      { name: 'web', mode: 'cluster', version: null, status: 'online', desired: 2, ready: 2 },
    ]);

    const again = await command('up', '-d');
    expect(again.code).toBe(0);
    expect(again.out).toContain('applied to the running supervisor');

    const pids = (await state()).apps.flatMap(({ workers }) => workers.map(({ pid }) => pid ?? 0));
    const down = await command('down');
    expect(down).toMatchObject({ code: 0, err: '' });
    expect(down.out).toContain('web: gone');
    await gone(pids);
    expect(await command('ls')).toMatchObject({ code: 1, out: '' });
  });

  test('--once: says why it could not, exits 1, and leaves nothing behind', async () => {
    const bad = (text: string): string => text.replace('./server.js', './throws.js');
    const { started, command } = await background(bad, '--once');
    expect(started.code).toBe(1);
    expect(started.err).toContain('exited with code 1 before it listened');
    expect(started.err).toContain('Error: ');
    const { err } = await command('ls');
    expect(err).toContain('nothing runs');
  });

  test('goes on trying where it could not, and follows the corrected file', async () => {
    const bad = (text: string): string => text.replace('./server.js', './throws.js');
    const { started, place, port, command, state } = await background(bad);
    expect(started.code).toBe(1);
    expect(started.err).toContain('exited with code 1 before it listened');
    expect(await state()).toMatchObject({ converged: false, apps: [{ name: 'web', ready: 0 }] });
    place.edit((text) => text.replace('./throws.js', './server.js'));
    expect(await command('up', '-d')).toMatchObject({ code: 0, err: '' });
    expect((await getJson<Who>(port)).value).toBe('one');
  });

  test('a slot of a stable app that crashes again and again: every command that waits ends', async () => {
    const { place, command, state } = await background((text) => text.replace('./server.js', './slots.js'));
    place.write(
      "if (process.env.NODE_APP_INSTANCE === '1' && require('node:fs').existsSync('.broken')) process.exit(7);\nrequire('./server.js');\n",
      'slots.js',
    );
    expect((await command('up', '-d')).code).toBe(0);
    const [first, second] = (await state()).apps[0]?.workers ?? [];
    place.write('', '.broken');
    kill(second?.pid ?? 0, 'SIGKILL');
    await until('it has crashed again', async () => (await state()).apps[0]?.workers[1]?.pid !== second?.pid);
    for (const args of [['up', '-d'], ['start', 'web'], ['scale', 'web', '2'], ['up']]) {
      const ran = await command(...args);
      expect(ran.code).toBe(1);
      expect(ran.err).toMatch(
        /web: slot 1 crashes again and again: it exited with code 7 before it listened/,
      );
    }
    expect((await command('reload', 'web')).code).toBe(1);
    expect((await state()).apps[0]?.workers[0]?.status).toBe('online');
    expect(first?.slot).toBe(0);
  });

  test('--timeout ends the wait, and what is under way goes on', async () => {
    const { place, command, state, port } = await background();
    place.write(
      "const begin = () => (require('fs').existsSync('go') ? require('./server.js') : setTimeout(begin, 20)); begin();",
      'gated.js',
    );
    place.edit((text) => text.replace('./server.js', './gated.js').replace('VALUE: one', 'VALUE: two'));
    const early = await command('up', '-d', '--timeout', '300ms');
    expect(early.code).toBe(1);
    expect(early.err).toMatch(/web: still rolling after 300 ms, 2 of 2 workers ready; it goes on/);
    expect(await command('up', '-d', '--timeout', 'soon')).toMatchObject({ code: 2 });
    place.write('', 'go');
    await until('it has gone on', async () => (await state()).converged);
    expect((await getJson<Who>(port)).value).toBe('two');
  });

  test('does not start anything with a file that is not valid', async () => {
    const { started } = await background((text) => text.replace('script', 'scirpt'));
    expect(started.code).toBe(1);
    expect(started.err).toContain('Did you mean `script`?');
    expect(started.err).not.toContain('    at ');
  });
});

describe('one supervisor per file', () => {
  test('a second up applies the file to the first one', async () => {
    const { place, supervisor, who } = await web((text) => text, { flags: ['--no-watch'] });
    place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
    const second = await run([place.file]);
    expect(second.code).toBe(0);
    expect(second.out).toContain(`applied to the running supervisor (pid ${supervisor.pid})`);
    expect((await who()).value).toBe('two');

    place.edit((text) => text.replace('VALUE:', 'VALUE: {}, X:'));
    const third = await run([place.file]);
    expect(third.code).toBe(1);
    place.edit((text) =>
      text
        .replace('VALUE: {}, X:', 'VALUE:')
        .replace('VALUE: two', 'VALUE: three')
        .replace('./server', './throws'),
    );
    const bad = await run([place.file]);
    expect(bad.code).toBe(1);
    expect(bad.err).toContain('was rolled back');
    expect((await who()).value).toBe('two');
  });

  test('the socket of one that was killed is cleaned up', async () => {
    const { place, supervisor } = await web((text) => `orphan_timeout: 0\n${text}`);
    expect(existsSync(socketOf(place.file))).toBe(true);
    const workers = supervisor.processes().map(({ pid }) => pid);
    kill(supervisor.pid, 'SIGKILL');
    await gone(workers);
    const { code, err } = await run(['ls', '-f', place.file]);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('nothing runs') as string });
    await run(['ls', '--all']);
    expect(existsSync(socketOf(place.file))).toBe(false);
    const next = up(place.file);
    await next.converged();
  });

  test.skipIf(process.getuid?.() !== 0)('another user cannot connect', async () => {
    const { place } = await web();
    const script = `require('net').connect(${JSON.stringify(socketOf(place.file))})
      .on('connect', () => console.log('connected')).on('error', (error) => console.log(error.code))`;
    const { stdout } = spawnSync(node, ['-e', script], { uid: 65_534, gid: 65_534, encoding: 'utf8' });
    expect(stdout.trim()).toBe('EACCES');
  });
});

describe('looking', () => {
  test('ls --json has the documented shape; ls fits 80 columns', async () => {
    const { command, state } = await background();
    const validate = new Ajv2020({ allErrors: true }).compile(stateSchema);
    const now = await state();
    expect(validate(now) ? [] : validate.errors).toEqual([]);
    expect(now.apps[0]?.workers.every(({ memory }) => (memory ?? 0) > 10e6)).toBe(true);

    const { out } = await command('ls');
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^Name +id +version +mode +status +↺ +cpu +memory +pid +uptime$/);
    expect(lines.filter((line) => line.startsWith('web'))).toHaveLength(2);
    expect(lines.at(-1)).toBe('converged: all runs as ecosystem.yml asks');
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(out).not.toContain('\x1b');
    for (const alias of ['list', 'status', 'ps']) expect((await command(alias)).code).toBe(0);
  });

  test('ls says what was rejected, and why it is not converged', async () => {
    const { place, command, state } = await background();
    place.edit((text) => text.replace('instances', 'instnaces'));
    await until('the edit is noticed', async () => (await state()).config.state === 'rejected');
    const { out } = await command('ls');
    expect(out).toContain('not converged:\n  ecosystem.yml was rejected: 5:5 CU');
  });

  test('show tells everything but secrets, by app and by id', async () => {
    const { place, port, command, state } = await background((text) =>
      text.replace('VALUE: one', 'VALUE: one, TOKEN: s3cr3t'),
    );
    const byName = await command('show', 'web', '--json');
    expect(JSON.parse(byName.out)).toMatchObject({
      name: 'web',
      status: 'online',
      addresses: [`[::]:${port}`],
      spec: { process: { script: place.path('server.js'), env: { TOKEN: '***' } } },
    });
    expect(byName.out).not.toContain('s3cr3t');
    const id = (await state()).apps[0]?.workers[0]?.id;
    const byId = await command('show', String(id));
    expect(byId.code).toBe(0);
    expect(byId.out).toContain(place.path('server.js'));
    expect(byId.out).not.toContain('s3cr3t');
  });

  test('logs shows the last lines, filtered, and follows', async () => {
    const { port, command, place } = await background();
    const { out } = await command('logs', 'web', '-n', '1', '--out');
    expect(out).toMatch(/^web:\d\s+\| serves one$/);
    const json = (await command('logs', '--json')).out.split('\n').map((line) => JSON.parse(line) as object);
    expect(json).toHaveLength(2);
    expect(json[0]).toEqual({
      at: expect.any(Number) as number,
      app: 'web',
      slot: expect.any(Number) as number,
      stream: 'out',
      text: 'serves one',
    });
    expect((await command('logs', '--err')).out).toBe('');
    expect((await command('logs', '--since', '1h')).out.split('\n')).toHaveLength(2);
    expect((await command('logs', '--since', '2100-01-01')).out).toBe('');

    const following = up('logs', { flags: ['-f', '-n', '0', '--file', place.file] });
    // It follows from the moment that its request has been answered; until then a line can be missed.
    await until('a new line is shown', async () => {
      await getJson(port, '/block?ms=1');
      return following.count(/web:\d\s+\| blocks/) > 0;
    });
    following.signal('SIGTERM');
    await following.exited();
  });
});

describe('steering', () => {
  test('reload replaces every worker without losing a request', async () => {
    const { port, command, pids } = await background();
    const before = await pids();
    const clients = await load(port);
    expect(await command('reload', 'web')).toMatchObject({ code: 0, err: '' });
    expect(await command('reload', 'all')).toMatchObject({ code: 0, err: '' });
    expectNoFailure(await clients.stop(100));
    const after = await pids();
    expect(after).toHaveLength(2);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  });

  test('restart replaces all at once', async () => {
    const { command, pids } = await background();
    const before = await pids();
    expect((await command('restart', 'web')).code).toBe(0);
    const after = await pids();
    expect(after).toHaveLength(2);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  });

  test('stop closes the port, start opens it again', async () => {
    const { port, command, state } = await background();
    expect((await command('stop', 'web')).code).toBe(0);
    const stopped = await state();
    expect(stopped.apps[0]).toMatchObject({ status: 'stopped', desired: 0, workers: [] });
    expect(stopped.converged).toBe(false);
    const byHand = 'web is stopped by hand; `cluster-up start web` starts it';
    expect((await command('ls', '--exit-code')).code).toBe(2);
    expect((await command('up')).out).toContain(byHand);
    const planned = await command('plan', '--exit-code');
    expect(planned).toMatchObject({ code: 2 });
    expect(planned.out).toContain('nothing to do, though not all is as the file asks');
    await expect(getJson(port)).rejects.toThrow('ECONNREFUSED');
    expect((await command('start', 'web')).out).toContain('converged');
    expect((await getJson<Who>(port)).value).toBe('one');
    expect((await command('ls', '--exit-code')).code).toBe(0);
  });

  test('rollback goes back to the revision before, until its part of the file changes', async () => {
    const { place, port, command, state } = await background();
    const first = (await state()).apps[0]?.revision;
    const none = await command('rollback', 'web');
    expect(none).toMatchObject({ code: 1, out: '' });
    expect(none.err).toContain('no earlier stable revision');

    place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
    expect((await command('up')).code).toBe(0);
    expect((await getJson<Who>(port)).value).toBe('two');
    expect((await command('rollback', 'web')).code).toBe(0);
    expect((await getJson<Who>(port)).value).toBe('one');
    expect((await state()).apps[0]?.revision).toBe(first);

    place.edit((text) => text.replace('VALUE: two', 'VALUE: three'));
    expect((await command('up')).code).toBe(0);
    expect((await getJson<Who>(port)).value).toBe('three');
  });

  test('rollback goes back to other code, however often the app was reloaded since', async () => {
    const { place, port, command } = await background();
    place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
    expect((await command('up')).code).toBe(0);
    for (let i = 0; i < 2; i++) expect((await command('reload', 'web')).code).toBe(0);
    expect((await command('rollback', 'web')).code).toBe(0);
    expect((await getJson<Who>(port)).value).toBe('one');
  });

  test('scale does not bring back what was rolled back', async () => {
    const { place, port, command, state } = await background();
    place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
    expect((await command('up')).code).toBe(0);
    expect((await command('rollback', 'web')).out).toContain('web is held at');
    expect((await command('scale', 'web', '3')).out).toContain('web is held at');
    expect((await getJson<Who>(port)).value).toBe('one');
    expect(await state()).toMatchObject({ converged: false, apps: [{ ready: 3 }] });
  });

  test('reload goes on from a rollback to what the file asks for', async () => {
    const { place, port, command, state } = await background();
    place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
    expect((await command('up')).code).toBe(0);
    expect((await command('rollback', 'web')).code).toBe(0);
    expect((await command('reload', 'web')).out).toContain('converged');
    expect((await getJson<Who>(port)).value).toBe('two');
    expect((await state()).converged).toBe(true);
  });

  test('up by hand tries again what was rolled back', async () => {
    const { place, port, command } = await background();
    place.edit((text) => text.replace('./server.js', './next.js').replace('VALUE: one', 'VALUE: two'));
    place.write("throw new Error('not yet')", 'next.js');
    expect((await command('up')).code).toBe(1);
    const planned = await command('plan', '--exit-code');
    expect(planned.code).toBe(2);
    expect(planned.out).toMatch(/web +roll +.* was rolled back: .*; it is tried again/);
    expect((await command('up')).code).toBe(1);
    place.write(place.read('server.js'), 'next.js');
    expect((await command('up')).code).toBe(0);
    expect((await getJson<Who>(port)).value).toBe('two');
  });

  test('reload gives a revision that was rolled back another chance', async () => {
    const { place, port, command } = await background();
    place.edit((text) => text.replace('./server.js', './next.js').replace('VALUE: one', 'VALUE: two'));
    place.write("throw new Error('not yet')", 'next.js');
    expect((await command('up')).code).toBe(1);
    expect((await getJson<Who>(port)).value).toBe('one');
    place.write(place.read('server.js'), 'next.js');
    expect((await command('reload', 'web')).code).toBe(0);
    expect((await getJson<Who>(port)).value).toBe('two');
  });

  test.each(['reload', 'restart', 'stop', 'start', 'rollback', 'show', 'logs'])(
    '%s of an unknown app says what there is',
    async (command) => {
      const { place } = await web();
      const { code, out, err } = await run([command, 'wbe', '--file', place.file]);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toBe('cluster-up: there is no app "wbe"; there is web. Did you mean `web`?');
    },
  );

  test('without a supervisor every command says so and exits 1', async () => {
    const place = scene('web');
    for (const command of [
      ['ls'],
      ['show', 'web'],
      ['logs'],
      ['reload', 'web'],
      ['down'],
      ['rollback', 'web'],
    ]) {
      const { code, out, err } = await run([...command, '--file', place.file]);
      expect({ code, out, err }).toEqual({
        code: 1,
        out: '',
        err: `cluster-up: nothing runs ${place.file}: start it with cluster-up up -d`,
      });
    }
    const elsewhere = await run(['ls'], { cwd: path.dirname(place.folder) });
    expect(elsewhere.code).toBe(1);
    expect(elsewhere.err).toContain('no ecosystem file');
  });
});

describe('plan', () => {
  test('compares the file with what runs, and up --plan-id does exactly that or nothing', async () => {
    const { place, command, pids } = await background((text) => text, '--no-watch');
    expect(await command('plan', '--exit-code')).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing to do') as string,
    });

    place.edit((text) => text.replace('instances: 2', 'instances: 3'));
    const scale = JSON.parse((await command('plan', '--json')).out) as { id: string; apps: object[] };
    expect(scale.apps).toEqual([
      {
        name: 'web',
        effect: 'scale',
        changes: [{ path: 'instances', effect: 'scale', line: 5 }],
        from: 2,
        to: 3,
      },
    ]);

    place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
    const stale = await command('up', '--plan-id', scale.id);
    expect(stale).toMatchObject({ code: 1, err: expect.stringContaining('no longer holds') as string });
    expect(await pids()).toHaveLength(2);

    const roll = await command('plan', '--exit-code');
    expect(roll.code).toBe(2);
    expect(roll.out).toMatch(
      /^web {2}roll {4}env\.VALUE changed \(line 6\), instances changed \(line 5\): 2 → 3$/m,
    );
    const { id } = JSON.parse((await command('plan', '--json')).out) as { id: string };
    expect((await command('up', '--plan-id', id)).code).toBe(0);
    expect(await pids()).toHaveLength(3);
  });

  test('where nothing runs, up -d --plan-id begins what the plan was about, or nothing', async () => {
    const place = scene('web');
    await place.port(8080);
    const command = commands(place);
    const idOf = async (): Promise<string> =>
      (JSON.parse((await command('plan', '--json')).out) as { id: string }).id;
    const stale = await idOf();
    place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
    const refused = await command('up', '-d', '--plan-id', stale);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toBe(
      `cluster-up: plan ${stale} no longer holds: the file or the code has changed since; look at a new plan`,
    );
    expect((await command('ls')).err).toContain('nothing runs');
    expect((await command('up', '-d', '--plan-id', await idOf())).code).toBe(0);
  });
});

test('the folder of the control sockets has no other files than sockets, logs, lists of processes and intents', async () => {
  const { place } = await web();
  await run(['stop', 'web', '-f', place.file]);
  const names = readdirSync(path.dirname(socketOf(place.file)));
  expect(
    names.filter((name) => !/^[0-9a-f]{16}\.sock(\.log|\.pids|\.workers|\.intents)?$/.test(name)),
  ).toEqual([]);
});
