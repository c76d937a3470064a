/** What is not as it should be around a supervisor: what it cannot have is said, done without, and used once it is there. */
import { closeSync, cpSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { State } from '../../src/model/state.ts';
import { getJson } from './support/client.ts';
import { commands } from './support/command.ts';
import { freePort } from './support/ports.ts';
import { kill } from './support/processes.ts';
import { root } from './support/runtimes.ts';
import { scene } from './support/scene.ts';
import { run, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

const app = (name: string, more: string): string => `  - { name: ${name}, ${more} }\n`;

/** Kills the first worker that was ready. */
function killFirst(supervisor: Supervisor, name: string): void {
  const pid = new RegExp(`${name}:0 ready \\(pid (\\d+)\\)`).exec(supervisor.text())?.[1];
  if (pid === undefined) throw new Error(`no worker of ${name} was ready`);
  kill(Number(pid), 'SIGKILL');
}

describe('without watches of the system', () => {
  test('edits, a file that is included from now on and sources are followed by looking; it is told once', async () => {
    const place = scene();
    place.write('watch', 'break');
    place.write('setInterval(() => {}, 1000);', 'app.js');
    place.write(`apps:\n${app('more', 'script: ./app.js')}`, 'more.yml');
    place.write(`apps:\n${app('web', 'script: ./app.js, min_uptime: 100, watch: [app.js]')}`);
    const supervisor = up(place.file, {
      env: {
        NODE_OPTIONS: `--import ${path.join(import.meta.dirname, 'support/break-effects.js')}`,
        BREAK: place.path('break'),
      },
    });
    await supervisor.converged();
    await supervisor.line(/ecosystem\.yml cannot be watched, so edits are seen within 2 s: ENOSPC/);
    place.edit((text) => `include: more.yml\n${text}`);
    await supervisor.line(/more:0 ready/);
    place.write(`apps:\n${app('more', 'script: ./app.js, args: new')}`, 'more.yml');
    await supervisor.line(/more: rolling from .*args/);
    place.write('setInterval(() => {}, 2000);', 'app.js');
    await supervisor.line(/web: rolling from .*app\.js changed|web:0 starting: .*app\.js changed/);
    const told = supervisor.text().split('\n');
    expect(told.filter((line) => line.includes('cannot be watched'))).toHaveLength(1);
    expect(told.filter((line) => line.includes('watch sees changes only within 2 s'))).toHaveLength(1);
  });
});

describe.runIf(process.platform === 'linux')('a program that the system does not start', () => {
  const STARTS = '#!/bin/sh\nexec sleep 1000\n';
  /** Each with what stands in the way, and what takes it away. */
  const reasons: Record<string, (at: (name: string) => string) => () => void> = {
    'is being written': (at) => {
      // Nobody may write to the one that runs.
      cpSync(at('bin/program'), at('next'));
      const file = openSync(at('next'), 'r+');
      renameSync(at('next'), at('bin/program'));
      return () => closeSync(file);
    },
    'is no folder': (at) => {
      renameSync(at('bin'), at('kept'));
      cpSync(at('kept/program'), at('bin'));
      return () => {
        rmSync(at('bin'));
        renameSync(at('kept'), at('bin'));
      };
    },
  };

  test.each(Object.keys(reasons))(
    '%s: told with the reason, and started once that is gone',
    async (reason) => {
      const place = scene();
      mkdirSync(place.path('bin'));
      // A binary, so that nobody opens it but to run it.
      cpSync('/bin/sleep', place.path('bin/program'));
      place.write(
        `apps:\n${app('job', 'script: ./bin/program, args: "1000", interpreter: none, min_uptime: 100')}`,
      );
      const supervisor = up(place.file);
      await supervisor.converged();
      const mend = reasons[reason]?.(place.path);
      killFirst(supervisor, 'job');
      await supervisor.line(new RegExp(`job:0 .*${reason}`));
      mend?.();
      await until('it runs again', () => supervisor.text().match(/job:0 ready \(pid \d+\)/g)?.length === 2);
      expect(supervisor.text()).not.toContain('ready (pid -)');
    },
  );

  test('has more arguments than the system takes: the workers of before serve on', async () => {
    const place = scene();
    place.write(STARTS, 'program.sh');
    place.write(`apps:\n${app('job', 'script: ./program.sh, args: x, min_uptime: 100')}`);
    const supervisor = up(place.file);
    await supervisor.converged();
    place.edit((text) => text.replace('args: x', `args: ${'y'.repeat(200_000)}`));
    await supervisor.line(/job: revision \w+ rolled back/);
    expect(supervisor.text()).toContain('arguments and variables together are longer than the system takes');
    place.edit((text) => text.replace(/args: y+/, 'args: z'));
    await supervisor.line(/job: rolling from .*args/);
    await until('it is stable', () => supervisor.text().match(/job: revision \w+ is stable/g)?.length === 2);
    expect(supervisor.text()).not.toContain('ready (pid -)');
  });
});

test('five of them at once with -d: one is the supervisor, and all exit 0', async () => {
  const place = scene();
  place.write('setInterval(() => {}, 1000);', 'app.js');
  place.write(`apps:\n${app('web', 'script: ./app.js, min_uptime: 100')}`);
  const command = commands(place);
  const ended = await Promise.all(Array.from({ length: 5 }, () => command('up', '-d')));
  expect(ended.map(({ code, err }) => ({ code, err }))).toEqual(ended.map(() => ({ code: 0, err: '' })));
  const { apps } = JSON.parse((await command('ls', '--json')).out) as State;
  expect(apps.map(({ workers }) => workers.length)).toEqual([1]);
});

test('removed while it runs, cluster-up goes on: a crash, an edit and a reload', async () => {
  const place = scene('web');
  const port = await freePort();
  place.edit((text) => text.replace('8080', String(port)));
  const own = place.path('installed');
  mkdirSync(own);
  for (const name of ['dist', 'schemas', 'package.json'])
    cpSync(path.join(root, name), path.join(own, name), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(own, 'node_modules'));
  const supervisor = up(place.file, { cli: path.join(own, 'dist/cli/main.js') });
  await supervisor.converged();
  renameSync(own, `${own}.gone`);
  onTestFinished(() => rmSync(`${own}.gone`, { recursive: true, force: true }));
  killFirst(supervisor, 'web');
  await until('it is replaced', () => supervisor.text().match(/web:0 ready/g)?.length === 2);
  const ran = await run(['reload', 'web', '--file', place.file]);
  expect(ran).toMatchObject({ code: 0 });
  expect(await getJson(port)).toBeTruthy();
  const ls = await run(['ls', '--file', place.file]);
  expect(ls.out).toMatch(/cluster-up \S+ was removed on disk: it goes on as it began/);
});
