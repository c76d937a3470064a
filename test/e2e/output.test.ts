/** What becomes of a command when nobody reads what it prints any more. */
import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { get } from './support/client.ts';
import { background } from './support/command.ts';
import { cli, node, root } from './support/runtimes.ts';
import { scene } from './support/scene.ts';
import { run } from './support/supervisor.ts';
import { until } from './support/until.ts';

const VALID = path.join(root, 'fixtures/hello/ecosystem.yml');
const INVALID = path.join(root, 'fixtures/config/bad/duplicate-names.yml');

test.each([
  [['validate', VALID], 0],
  [['validate', '--format', 'json', INVALID], 1],
  [['schema'], 0],
  [['completion', 'bash'], 0],
  [['--help'], 0],
])('%j goes on to its end, quietly', async (args, code) => {
  expect(await ended(unread(args))).toEqual({ code, err: '' });
});

test('a full disk is told of', async () => {
  const child = spawn(node, [cli, 'schema'], { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
  const { code, err } = await ended(child);
  expect(code).toBe(1);
  expect(err).toMatch(/^cluster-up: cannot print: .*ENOSPC.*\n$/);
});

test.each([[['logs', '-f']], [['ls', '--watch']]])('%j ends with its reader', async (args) => {
  const { place, port } = await background();
  const child = spawn(node, [cli, ...args, '--file', place.file], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const end = ended(child);
  // Whoever follows the output learns that its reader has gone when there is more of it.
  await until('it has ended', async () => {
    await get(port, '/block?ms=1');
    return child.exitCode !== null;
  });
  expect(await end).toEqual({ code: 0, err: '' });
});

test.each([['ls'], ['ls', '--json'], ['show', 'web'], ['plan'], ['logs'], ['reload', 'web'], ['down']])(
  '%s %s ends as ever where nobody reads stdout or stderr',
  async (...args) => {
    const { place } = await background();
    const file = args[0] === 'plan' ? [place.file] : ['--file', place.file];
    const child = spawn(node, [cli, ...args, ...file], { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdout.destroy();
    child.stderr.destroy();
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  },
);

test('a supervisor whose stdout and stderr were closed serves, answers and ends', async () => {
  const place = scene('web');
  const port = await place.port(8080);
  const child = spawn(node, [cli, 'up', place.file], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await until('it serves', async () => (await get(port).catch(() => null))?.status === 200);
  child.stdout.destroy();
  child.stderr.destroy();
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
  await until('the edit is applied', async () => (await get(port)).body.includes('two'));
  expect((await run(['ls', '-f', place.file])).code).toBe(0);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
});

/** A command whose reader has gone before it begins. */
function unread(args: readonly string[]): ChildProcess {
  const child = spawn(node, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  return child;
}

async function ended(child: ChildProcess): Promise<{ code: number | null; err: string }> {
  let err = '';
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, err };
}
