/**
 * Apps of the usual frameworks, started as their documentation says, with nothing in them for cluster-up: an edit, a
 * reload and a change of scale under load cost no request. Next.js has to be built first, so it is only in the whole
 * matrix (MATRIX=all).
 */
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectNoFailure, load } from '../e2e/support/client.ts';
import { root } from '../e2e/support/runtimes.ts';
import { scene } from '../e2e/support/scene.ts';
import { run, up } from '../e2e/support/supervisor.ts';
import { until } from '../e2e/support/until.ts';
import { acknowledged } from './socket-io.ts';

const isWhole = process.env['MATRIX'] === 'all';

const scripts: Readonly<Record<string, string>> = {
  'Express 5': './express.js',
  'Fastify, an ES module with top-level await': './fastify.mjs',
  Koa: './koa.mjs',
  'Hono, with its Node server': './hono.mjs',
  'NestJS, compiled': './nest/main.js',
  'Socket.IO': './socket-io.js',
};

/** Nothing, once they are there. */
function install(packages: string): void {
  execFileSync(process.execPath, [path.join(import.meta.dirname, 'install.js'), packages]);
}

beforeAll(() => install('small'), 300_000);

describe('0 failed requests over an edit, a reload and a change of scale', () => {
  test.each(Object.entries(scripts))('%s', async (name, script) => {
    await drive('small', (text) => text.replace('./express.js', script), name === 'Socket.IO');
  });

  test.runIf(isWhole)(
    'Next.js, `next start`',
    async () => {
      install('next');
      await drive('next', (text) => {
        const folder = path.join(root, '.frameworks/next');
        const bin = path.join(folder, 'node_modules/next/dist/bin/next');
        return text.replace('./express.js', `${bin}\n    cwd: ${folder}\n    args: [start, --port, '8080']`);
      });
    },
    300_000,
  );
});

/** @param talks whether clients of Socket.IO talk to it, too. */
async function drive(packages: string, change: (text: string) => string, talks = false): Promise<void> {
  const place = scene('frameworks');
  symlinkSync(path.join(root, '.frameworks', packages, 'node_modules'), place.path('node_modules'));
  place.write(change(place.read()));
  const port = await place.port(8080);
  const supervisor = up(place.file);
  await supervisor.converged();
  const clients = await load(port, { keepAlive: 4, fresh: 4, rate: 250 });
  const talk = talks ? await acknowledged(port) : null;
  const command = async (...args: string[]): Promise<void> => {
    expect(await run(args, { cwd: place.folder, inBackground: true })).toMatchObject({ code: 0 });
  };

  const mark = supervisor.mark();
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
  await supervisor.converged(mark);
  await clients.answered(/"two"/, 20);
  await command('reload', 'web');
  await command('scale', 'web', '3');
  await command('scale', 'web', '2');
  await until('two workers are left', () => supervisor.processes().length === 3);
  await clients.more(20);

  const stats = await clients.stop(200);
  expectNoFailure(stats);
  // Of the first revision, of the second and of the reload: a worker may be too late for its neighbours' requests.
  const of = (value: string): number =>
    Object.keys(stats.answers).filter((body) => body.includes(`"${value}"`)).length;
  expect([of('one') >= 1, of('two') >= 2]).toEqual([true, true]);
  if (talk !== null) expect(await talk.stop()).toEqual({ asked: talk.asked(), lost: [] });
}
