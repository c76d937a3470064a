/** `interpreter` names another Node: its workers share sockets, are rolled and drained like those of ours. */
import { chmodSync, existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { begin, expectNoFailure, get, getJson, load } from './support/client.ts';
import { node, root } from './support/runtimes.ts';
import { scene } from './support/scene.ts';
import { run, up } from './support/supervisor.ts';
import { pidsBySlot } from './support/web.ts';
import { until } from './support/until.ts';

interface Who {
  readonly version: string;
  readonly execPath: string;
  readonly argv0: string;
  readonly isWorker: boolean;
  readonly execArgv: readonly string[];
}

/** The one that runs the tests, and those that are installed besides; without the supervisor's own. */
const others = [
  process.execPath,
  ...['22', '24', '26'].map((major) => path.join(root, `.runtimes/node${major}/node_modules/node/bin/node`)),
].filter((file) => existsSync(file) && realpathSync(file) !== realpathSync(node));

describe.each(others)('%s', (other) => {
  test.each(['shared', 'kernel', 'round-robin'])(
    'with balance: %s: there and back under load without a failed request',
    async (balance) => {
      const place = scene('runtimes');
      const port = await place.port(8080);
      place.edit((text) => `${text}    balance: ${balance}\n`);
      const supervisor = up(place.file);
      await supervisor.converged();
      const own = await getJson<Who>(port);
      const clients = await load(port, { rate: 300 });
      let mark = supervisor.mark();
      place.edit((text) => text.replace('interpreter: node', `interpreter: ${other}`));
      await supervisor.converged(mark);
      const who = await getJson<Who>(port);
      expect(who).toMatchObject({ isWorker: true, execArgv: [], argv0: who.execPath });
      expect(realpathSync(who.execPath)).toBe(realpathSync(other));
      expect(who.version).not.toBe(own.version);

      const slow = await begin(port, '/slow');
      mark = supervisor.mark();
      place.edit((text) => text.replace(`interpreter: ${other}`, 'interpreter: node'));
      expect((await slow.end).body).toBe('slow');
      await supervisor.converged(mark);
      expect((await getJson<Who>(port)).version).toBe(own.version);
      expectNoFailure(await clients.stop(200));
    },
  );

  test('a worker that crashes is replaced by one of the same Node', async () => {
    const place = scene('runtimes');
    const port = await place.port(8080);
    place.edit((text) => text.replace('interpreter: node', `interpreter: ${other}`));
    const supervisor = up(place.file);
    await supervisor.converged();
    const before = await pidsBySlot(port, 2);
    const mark = supervisor.mark();
    await get(port, '/crash').catch(() => null);
    await supervisor.line(/web:\d ready/, { after: mark });
    await until('another worker answers', async () => {
      const { pid, execPath } = await getJson<Who & { pid: number }>(port);
      expect(realpathSync(execPath)).toBe(realpathSync(other));
      return !Object.values(before).includes(pid);
    });
  });

  test('fork mode runs it too', async () => {
    const place = scene('runtimes');
    const port = await place.port(8080);
    place.edit((text) =>
      text
        .replace('interpreter: node', `interpreter: ${other}`)
        .replace('exec_mode: cluster', 'exec_mode: fork')
        .replace('instances: 2', 'instances: 1'),
    );
    const supervisor = up(place.file);
    await supervisor.converged();
    const who = await until('it answers', () => getJson<Who>(port).catch(() => null));
    expect(who.isWorker).toBe(false);
    expect(realpathSync(who.execPath)).toBe(realpathSync(other));
  });
});

test('one that is too old for cluster mode is refused with the reason', async () => {
  const place = scene('runtimes');
  await place.port(8080);
  place.write('#!/bin/sh\necho v18.20.4\n', 'node');
  chmodSync(place.path('node'), 0o755);
  place.edit((text) => text.replace('interpreter: node', 'interpreter: ./node'));
  const ran = await run([place.file]);
  expect(ran.code).toBe(1);
  expect(ran.all).toContain('CU1611');
  expect(ran.all).toMatch(/is Node 18\.20\.4; cluster mode needs 20\.19 or later/);
});

test('one that is not installed is an error with its line', async () => {
  const place = scene('runtimes');
  await place.port(8080);
  place.edit((text) => text.replace('interpreter: node', 'interpreter: ./not-there/node'));
  const ran = await run([place.file]);
  expect(ran.code).toBe(1);
  expect(ran.all).toMatch(/ecosystem\.yml:7:/);
  expect(ran.all).toMatch(/CU1604/);
});
