/** What was asked for by hand outlives the supervisor, unless that ended as it was asked to. */
import { existsSync, readdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import type { State } from '../../src/model/state.ts';
import { getJson } from './support/client.ts';
import { isAlive, kill } from './support/processes.ts';
import { run, type Ran } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { webAndProgram, type Who } from './support/web.ts';

interface Apps {
  readonly edit: (from: string, to: string) => void;
  readonly ports: readonly [number, number];
  readonly command: (...args: string[]) => Promise<Ran>;
  readonly up: () => Promise<Ran>;
  readonly state: () => Promise<State>;
  /** SIGKILL to the supervisor. */
  readonly die: () => Promise<void>;
  readonly kept: () => string[];
}

/** `web` in cluster mode and `program` in fork mode, which run in the background. */
async function apps(): Promise<Apps> {
  const place = await webAndProgram();
  const home = place.path('state');
  const inHome = { env: { CLUSTER_UP_HOME: home }, inBackground: true } as const;
  const command = (...args: string[]): Promise<Ran> => run([...args, '-f', place.file], inHome);
  onTestFinished(async () => {
    await command('down');
  });
  const state = async (): Promise<State> => JSON.parse((await command('ls', '--json')).out) as State;
  const up = (): Promise<Ran> => run(['up', '-d', place.file], inHome);
  expect((await up()).code).toBe(0);
  return {
    edit: (from, to) => place.edit((text) => text.replace(from, to)),
    ports: place.ports,
    ...{ command, up, state },
    die: async () => {
      const { pid } = (await state()).supervisor;
      kill(pid, 'SIGKILL');
      await until('the supervisor is gone', () => !isAlive(pid));
    },
    kept: () => (existsSync(home) ? readdirSync(home) : []).filter((name) => name.endsWith('.intents')),
  };
}

const running = ({ apps: all }: State): Record<string, number> =>
  Object.fromEntries(all.map(({ name, workers }) => [name, workers.length]));

test.each(['web', 'program'])(
  '%s is stopped, and stays so when the supervisor dies, until `down`',
  async (app) => {
    const { ports, command, up, state, die, kept } = await apps();
    const port = ports[app === 'web' ? 0 : 1];
    await command('stop', app);
    expect(kept()).toHaveLength(1);
    await die();

    const next = await up();
    expect(next.all).toContain(`${app} is stopped by hand, as before; \`cluster-up start ${app}\` starts it`);
    const both = { web: 2, program: 1 };
    expect(running(await state())).toEqual({ ...both, [app]: 0 });
    expect((await command('ls')).out).toContain(`is stopped by hand; \`cluster-up start ${app}\` starts it`);
    expect((await command('ls', '--exit-code')).code).toBe(2);
    await expect(getJson(port)).rejects.toThrow('ECONNREFUSED');

    expect((await command('start', app)).code).toBe(0);
    expect(running(await state())).toEqual(both);
    expect((await getJson<Who>(port)).value).toBe('one');
    expect((await command('ls', '--exit-code')).code).toBe(0);

    await command('stop', app);
    expect((await command('down')).code).toBe(0);
    expect(kept()).toEqual([]);
    const anew = await up();
    expect([anew.code, anew.all]).toEqual([0, expect.not.stringContaining('by hand')]);
    expect(running(await state())).toEqual(both);
  },
);

test('all are stopped, the supervisor dies, and `down` has the next one begin anew', async () => {
  const { command, up, state, die, kept } = await apps();
  await command('stop', 'all');
  await until('nothing runs', async () =>
    Object.values(running(await state())).every((count) => count === 0),
  );
  await die();
  const down = await command('down');
  expect(down).toMatchObject({ code: 1, err: expect.stringContaining('nothing runs') as string });
  expect(kept()).toEqual([]);
  expect((await up()).code).toBe(0);
  expect(running(await state())).toEqual({ web: 2, program: 1 });
});

test('web is held by a rollback, and the supervisor dies: the next one says that it goes on', async () => {
  const { edit, ports, command, up, state, die } = await apps();
  const first = (await state()).apps[0]?.revision;
  edit('VALUE: one', 'VALUE: two');
  expect((await command('reload', 'web')).code).toBe(0);
  await command('rollback', 'web');
  await until('the first one answers', async () => (await getJson<Who>(ports[0])).value === 'one');
  await die();
  const next = await up();
  const held = `web was held at ${first} by \`rollback\`; the supervisor died, so it runs what the file asks for`;
  expect([next.code, next.all]).toEqual([0, expect.stringContaining(held)]);
  expect((await getJson<Who>(ports[0])).value).toBe('two');
  // It is said once.
  await die();
  expect((await up()).all).not.toContain('rollback');
});
