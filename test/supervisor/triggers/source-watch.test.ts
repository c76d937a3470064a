/** With real files. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Closable } from '../../../src/supervisor/triggers/cron.ts';
import { watchSources } from '../../../src/supervisor/triggers/source-watch.ts';
import { until } from '../../e2e/support/until.ts';

let cwd = '';
let changed: string[] = [];
let watcher: Closable | null = null;

beforeEach(() => {
  cwd = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-watch-'));
  changed = [];
  write('src/a.js');
  write('ready.js');
});
afterEach(() => {
  watcher?.close();
  rmSync(cwd, { recursive: true, force: true });
});

function write(name: string): void {
  mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
  writeFileSync(path.join(cwd, name), String(Math.random()));
}

/** Watches these, and waits until it does. */
async function watching(paths: string[], poll: number | null = null, most?: number): Promise<void> {
  watcher = watchSources({
    spec: { paths: [...paths, 'ready.js'], ignore: ['gen'], delay: 0, poll },
    cwd,
    ecosystem: path.join(cwd, 'ecosystem.yml'),
    changed: (name) => changed.push(name),
    failed: (message) => changed.push(message),
    ...(most === undefined ? {} : { most }),
  });
  await until('it watches', () => {
    write('ready.js');
    return changed.includes('ready.js');
  });
}

/** Waits until `name` was told, and what else but that was. */
async function told(name: string, within = 3000): Promise<string[]> {
  await until(
    () => `${name} is among ${changed.join(', ')}`,
    () => changed.includes(name),
    within,
  );
  return [...new Set(changed.filter((other) => other !== 'ready.js' && other !== name))];
}

/** Changes of one file that follow at once are told as one, which is what `watch_delay` makes of them anyway. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 150));
  changed = [];
}

test.each([null, 50])('files that are written, replaced, added and removed (poll: %s)', async (poll) => {
  await watching(['src'], poll);
  write('src/a.js');
  expect(await told('src/a.js')).toEqual([]);
  // More than once, and written in place in between: each of them is another file.
  for (let i = 0; i < 3; i++) {
    await pause();
    write('src/a.js.tmp~');
    renameSync(path.join(cwd, 'src/a.js.tmp~'), path.join(cwd, 'src/a.js'));
    expect(await told('src/a.js')).toEqual([]);
    await pause();
    write('src/a.js');
    expect(await told('src/a.js')).toEqual([]);
  }
  await pause();
  changed = [];
  write('src/deep/er/b.js');
  expect(await told('src/deep/er/b.js')).toEqual([]);
  changed = [];
  rmSync(path.join(cwd, 'src/deep'), { recursive: true });
  expect(await told('src/deep/er/b.js')).toEqual([]);
});

test('only what a pattern matches, also in folders that are made later', async () => {
  await watching(['src/**/*.js']);
  write('src/x.css');
  write('src/gen/a.js');
  write('src/node_modules/x/a.js');
  write('elsewhere/a.js');
  write('src/new/c.js');
  expect(await told('src/new/c.js')).toEqual([]);
});

test('a path that does not exist yet', async () => {
  await watching(['build']);
  write('build/out.js');
  expect(await told('build/out.js')).toEqual([]);
});

test('once closed it tells nothing', async () => {
  await watching(['src']);
  watcher?.close();
  changed = [];
  write('src/a.js');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(changed).toEqual([]);
});

test('links that lead back or out are not followed; a link to a file is, and one that is named', async () => {
  const outside = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-watch-out-'));
  onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
  mkdirSync(path.join(outside, 'lib'));
  writeFileSync(path.join(outside, 'lib', 'deep.js'), '1');
  writeFileSync(path.join(outside, 'file.js'), '1');
  for (const name of ['src/a', 'src/b', 'src/c']) symlinkSync(cwd, path.join(cwd, name));
  symlinkSync('/', path.join(cwd, 'src/everything'));
  symlinkSync(path.join(outside, 'lib'), path.join(cwd, 'src/lib'));
  symlinkSync(path.join(outside, 'file.js'), path.join(cwd, 'src/file.js'));
  symlinkSync(path.join(outside, 'lib'), path.join(cwd, 'named'));
  await watching(['src', 'named']);
  await pause();
  writeFileSync(path.join(outside, 'lib', 'deep.js'), '2');
  expect(await told('named/deep.js')).toEqual([]);
  await pause();
  writeFileSync(path.join(outside, 'file.js'), '2');
  expect(await told('src/file.js')).toEqual([]);
  await pause();
  write('src/a.js');
  expect(await told('src/a.js')).toEqual([]);
});

test('no more files are watched than a bound, which is told once', async () => {
  for (let i = 0; i < 60; i++) write(`src/many/${i}.js`);
  await watching(['src'], null, 30);
  expect(changed.filter((text) => text !== 'ready.js')).toEqual([
    expect.stringMatching(
      /^more than 30 files and folders: name fewer with `watch`, or leave some out with `ignore_watch`$/,
    ),
  ]);
});
