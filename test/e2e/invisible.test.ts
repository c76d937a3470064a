/** An app cannot tell our workers from those of plain node:cluster. */
import { describe, expect, test } from 'vitest';
import { get, getJson } from './support/client.ts';
import { freePort } from './support/ports.ts';
import { plain } from './support/plain.ts';
import { sinceNode } from './support/runtimes.ts';
import { scene, type Scene } from './support/scene.ts';
import { up, type Supervisor } from './support/supervisor.ts';

const ARGS = ['one', 'two words', '3'];

async function report(from: Supervisor): Promise<Record<string, unknown>> {
  const [, json = ''] = await from.line(/REPORT (.*)$/);
  return JSON.parse(json) as Record<string, unknown>;
}

/** Runs `script` instead of the fixture's own; without a port it is ready by being alive. */
function withScript(place: Scene, script: string): Supervisor {
  place.edit((text) => text.replace('./probe.js', script).replace('env: { PORT: 8080 }', 'min_uptime: 300'));
  return up(place.file);
}

/** How it ended under plain node:cluster: `7 null`, and what it wrote to stderr. */
async function plainEnd(place: Scene, script: string): Promise<{ status: string; stderr: string }> {
  const there = plain(place, script, ARGS, { EXEC_ARGV: '--no-deprecation' });
  const [, status = ''] = await there.line(/EXIT (.*)$/);
  await there.exited();
  return { status, stderr: there.text('err') };
}

describe('what it can see', () => {
  test('CommonJS: require.main, argv, execArgv, env, cluster and globals are those of plain cluster.fork', async () => {
    const place = scene('invisible');
    const port = await place.port(8080);
    const there = plain(place, 'probe.js', ARGS, { EXEC_ARGV: '--no-deprecation', PORT: String(port) });
    const expected = await report(there);
    there.signal('SIGTERM');
    await there.exited();
    const here = up(place.file);
    const seen = await report(here);
    expect(seen).toEqual(expected);
    expect(seen).toMatchObject({ isWorker: true, isPrimary: false, workerId: 'number', send: 'function' });
    expect(seen['main']).toMatchObject({ main: true, filename: place.path('probe.js') });
    expect(seen['argv']).toEqual([expect.any(String), place.path('probe.js'), ...ARGS]);
    expect(seen['execArgv']).toEqual(['--no-deprecation']);
  });

  test('ESM with top-level await: import.meta too', async () => {
    const place = scene('invisible');
    const expected = await report(plain(place, 'probe.mjs', ARGS, { EXEC_ARGV: '--no-deprecation' }));
    const seen = await report(withScript(place, './probe.mjs'));
    expect(seen).toEqual(expected);
  });

  sinceNode('24.2')('import.meta.main is true (Node >= 24.2 has it)', async () => {
    const place = scene('invisible');
    expect((await report(withScript(place, './probe.mjs')))['main']).toMatchObject({ main: true });
  });

  sinceNode('22.18')('a TypeScript entry runs (Node >= 22.18 strips types)', async () => {
    const place = scene('invisible');
    expect(await report(withScript(place, './probe.ts'))).toEqual({ typescript: 42 });
  });

  test('none of our messages reaches the app, and its own do no harm', async () => {
    const place = scene('invisible');
    const port = await place.port(8080);
    const supervisor = up(place.file);
    await supervisor.converged();
    // By now it has asked for a socket, listened, and been told of both.
    expect(await getJson(port)).toEqual([]);
  });

  test('its own child processes and threads start without the agent', async () => {
    const place = scene('invisible');
    const seen = await report(withScript(place, './descendants.js'));
    expect(seen).toMatchObject({ forked: { execArgv: ['--no-deprecation'], ours: [] }, forkedExit: 0 });
    // Node gives threads the command line's own options; in a thread the agent does nothing.
    expect(seen).toMatchObject({ thread: { ours: [] }, threadExit: 0 });
    expect(JSON.parse(seen['spawned'] as string)).toMatchObject({ ours: [] });
  });

  test('a script that clusters itself just serves', async () => {
    const place = scene('invisible');
    const port = await freePort();
    place.edit((text) => text.replace('./probe.js', './self-clustering.js').replace('8080', String(port)));
    const supervisor = up(place.file);
    await supervisor.converged();
    const { body } = await get(port);
    const workers = supervisor.processes().filter(({ pid }) => pid !== supervisor.pid);
    expect(workers.map(({ pid }) => `served by ${pid}`)).toEqual([body]);
  });
});

describe('how it ends', () => {
  test.each([
    ['process.exit(7)', 'exit-7.js', 'exited with code 7', ''],
    ['process.exitCode and an empty event loop', 'exit-code.js', 'exited with code 9', ''],
    ['process.disconnect()', 'disconnects.js', 'exited with code 0', ''],
    ['an error at the top of a script', 'throws.js', 'exited with code 1', 'TypeError: thrown at the top'],
    ['an error at the top of a module', 'throws.mjs', 'exited with code 1', 'TypeError: thrown in a module'],
    ['an unhandled rejection', 'rejects.js', 'exited with code 1', 'RangeError: nobody caught this'],
    ['a signal', 'kills-itself.js', 'was killed by SIGUSR2', ''],
  ])('%s', async (_what, script, text, error) => {
    const place = scene('invisible');
    const expected = await plainEnd(place, script);
    const [code, signal] = expected.status.split(' ');
    expect(text).toContain(signal === 'null' ? code : signal);
    const supervisor = withScript(place, `./${script}`);
    await supervisor.line(new RegExp(`probe:0 \\(pid \\d+\\) ${text}$`));
    // Stack and all, as the runtime prints it.
    const printed = supervisor.lines
      .filter(({ stream, text: line }) => stream === 'err' && line.startsWith('probe:0'))
      .map(({ text: line }) => line.replace(/^probe:0 +\| /, ''));
    expect(printed.join('\n')).toBe(expected.stderr);
    expect(expected.stderr).toContain(error);
  });
});
