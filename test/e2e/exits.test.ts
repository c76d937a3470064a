/** Why workers ended is kept, and shown; and an app that does not start by itself waits until it is asked to. */
import { describe, expect, test } from 'vitest';
import type { ExitView } from '../../src/model/state.ts';
import { background } from './support/command.ts';
import { get } from './support/client.ts';
import { kill } from './support/processes.ts';
import { until } from './support/until.ts';

const single = (text: string): string => text.replace('instances: 2', 'instances: 1');

interface Shown {
  readonly exits: readonly ExitView[];
  readonly text: string;
}

describe('show tells of the last exits', () => {
  test('a signal, an exit code, and a heap that was too small; secrets are masked', async () => {
    const { port, command, pids } = await background((text) =>
      single(text)
        .replace('VALUE: one', 'VALUE: one, API_TOKEN: s3cr3t-0f-api')
        .replace('./server.js', './frail.js\n    node_args: --max-old-space-size=20'),
    );
    const shown = async (): Promise<Shown> => ({
      exits: (JSON.parse((await command('show', 'web', '--json')).out) as { exits: ExitView[] }).exits,
      text: (await command('show', 'web')).out,
    });
    const exited = async (n: number): Promise<Shown> => {
      await until(`exit ${n} is known and the next worker serves`, async () => {
        const { exits } = await shown();
        return exits.length === n && (await get(port).catch(() => null))?.status === 200;
      });
      return shown();
    };

    expect((await shown()).exits).toEqual([]);
    const [first = 0] = await pids();
    kill(first, 'SIGKILL');
    const killed = await exited(1);
    expect(killed.exits[0]).toMatchObject({ slot: 0, pid: first, code: null, signal: 'SIGKILL', stderr: [] });
    expect(killed.exits[0]?.agoMs).toBeGreaterThanOrEqual(0);
    expect(killed.exits[0]).not.toHaveProperty('outOfMemory');
    expect(killed.text).toMatch(
      new RegExp(`^last exits\\n {2}\\d+s ago slot 0 \\(pid ${first}\\) was killed by SIGKILL`, 'm'),
    );

    await get(port, '/fail').catch(() => {});
    const failed = await exited(2);
    expect(failed.exits[1]).toMatchObject({ code: 3, signal: null, stderr: ['no answer for ***'] });
    expect(failed.text).toMatch(
      /ago slot 0 \(pid \d+\) exited with code 3.*\n {4}no answer for \*\*\*\n {2}\d+s ago/,
    );
    expect(JSON.stringify(failed)).not.toContain('s3cr3t');

    await get(port, '/leak').catch(() => {});
    const leaked = await exited(3);
    expect(leaked.exits[2]).toMatchObject({ signal: 'SIGABRT', outOfMemory: 'heap' });
    expect(leaked.text).toMatch(/ran out of memory: it reached the limit of its V8 heap/);
  });
});

test('autostart: false is known but stopped, over edits too, until somebody starts it', async () => {
  const { place, port, command, state } = await background((text) => `${text}    autostart: false\n`);
  expect((await state()).apps).toMatchObject([{ name: 'web', status: 'stopped', desired: 0, workers: [] }]);
  expect((await state()).converged).toBe(true);
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
  expect((await command('up', '-d')).code).toBe(0);
  expect((await state()).apps[0]?.workers).toEqual([]);
  expect(await command('start', 'web')).toMatchObject({ code: 0, out: 'cluster-up: converged' });
  expect((await get(port)).body).toContain('"two"');
  expect((await command('stop', 'web')).code).toBe(0);
  expect((await state()).apps[0]?.status).toBe('stopped');
  place.edit((text) => text.replace('    autostart: false\n', ''));
  expect((await command('up', '-d')).code).toBe(0);
  // What was asked for by hand stands.
  expect((await state()).apps[0]?.status).toBe('stopped');
});

test('a first start that fails says so, though the app was known before', async () => {
  const { command } = await background((text) =>
    `${text}    autostart: false\n`.replace('./server.js', './throws.js'),
  );
  const started = await command('start', 'web');
  expect(started.code).toBe(1);
  expect(started.err).toContain('the database password is missing');
});
