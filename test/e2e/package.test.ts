/** Packed, and installed elsewhere, it works the same. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { getJson } from './support/client.ts';
import { node, root } from './support/runtimes.ts';
import { scene } from './support/scene.ts';
import { clusterUp } from './support/supervisor.ts';
import type { Who } from './support/web.ts';

const npm = (args: readonly string[], cwd: string): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** What others may import, and where each of them is. */
const manifest = (folder: string): { exports: Record<string, string | Record<string, string>> } =>
  JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as never;

test('npm pack, npm install, cluster-up', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-package-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  npm(['pack', '--ignore-scripts', '--pack-destination', folder], root);
  const [tarball = ''] = readdirSync(folder);
  npm(['init', '-y'], folder);
  npm(['install', '--no-audit', '--no-fund', '--omit=dev', `./${tarball}`], folder);
  const installed = path.join(folder, 'node_modules/cluster-up');
  expect(readdirSync(installed).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist',
    'docs',
    'package.json',
    'schemas',
  ]);

  const { exports } = manifest(installed);
  for (const name of Object.values(exports).flatMap((each) =>
    typeof each === 'string' ? [each] : Object.values(each),
  ))
    expect(existsSync(path.join(installed, name)), name).toBe(true);

  const bin = path.join(folder, 'node_modules/.bin/cluster-up');
  const place = scene('web');
  const port = await place.port(8080);
  const supervisor = clusterUp([place.file], { cli: bin });
  await supervisor.converged();
  expect((await getJson<Who>(port)).value).toBe('one');

  const script = `import { load, plan } from 'cluster-up';
    const { desired } = await load(${JSON.stringify(place.file)});
    console.log(plan(null, desired).map(({ app, effect }) => app + ' ' + effect).join());`;
  const said = execFileSync(node, ['--input-type=module', '-e', script], { cwd: folder, encoding: 'utf8' });
  expect(said.trim()).toBe('web add');
  const schema = execFileSync(node, [bin, 'schema'], { cwd: folder, encoding: 'utf8' });
  expect(JSON.parse(schema)).toHaveProperty('$defs');
}, 120_000);
