/** With real files. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { EventEmitter } from 'node:events';
import type { FSWatcher } from 'chokidar';
import type { Closable } from '../../../src/watchers/cron.ts';
import { watchSources, type SourceWatchOptions } from '../../../src/watchers/sources/source-watch.ts';
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
async function watching(
  paths: string[],
  poll: number | null = null,
  more: Pick<SourceWatchOptions, 'most' | 'every' | 'watch'> = {},
): Promise<void> {
  watcher = watchSources({
    spec: { paths: [...paths, 'ready.js'], ignore: ['gen'], delay: 0, poll },
    cwd,
    ecosystem: path.join(cwd, 'ecosystem.yml'),
    changed: (name) => changed.push(name),
    failed: (message) => changed.push(message),
    ...more,
  });
  await until('it watches', () => {
    write('ready.js');
    return changed.includes('ready.js');
  });
}

/** Waits until `name` was told, and what else but that was. */
async function told(name: string, within = 15_000): Promise<string[]> {
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
  await watching(['src'], null, { most: 30 });
  const others = (): string[] => changed.filter((text) => text !== 'ready.js');
  // The file that shows that it watches may be met before the folder that is too large.
  await until('the bound is told', () => others().length > 0);
  expect(others()).toEqual([
    expect.stringMatching(
      /^may miss changes: more than 30 files and folders: name fewer with `watch`, or leave some out with `ignore_watch`$/,
    ),
  ]);
});

/** As where the user has no inotify watches left. */
const noWatch = (() => {
  const watcher = Object.assign(new EventEmitter(), { close: () => Promise.resolve() });
  setImmediate(() => watcher.emit('error', new Error('ENOSPC')));
  return watcher as unknown as FSWatcher;
}) as unknown as NonNullable<SourceWatchOptions['watch']>;

test('without a watch, what has changed is told all the same, once, and why it is late', async () => {
  write('src/other.js');
  write('src/gen/left-out.js');
  await watching(['src'], null, { every: 50, watch: noWatch });
  expect(changed).toContain('sees changes only within 0.05 s: ENOSPC');
  const steps: [string, () => void][] = [
    ['src/a.js', () => write('src/a.js')],
    ['src/a.js', () => renameSync(path.join(cwd, 'src/other.js'), path.join(cwd, 'src/a.js'))],
    ['src/deep/er/b.js', () => write('src/deep/er/b.js')],
    ['src/deep/er/b.js', () => rmSync(path.join(cwd, 'src/deep'), { recursive: true })],
  ];
  for (const [name, change] of steps) {
    changed = [];
    write('src/gen/left-out.js');
    change();
    const others = await told(name);
    await pause();
    expect(others.filter((other) => other !== 'src/other.js')).toEqual([]);
    expect(changed).toEqual([]);
  }
});

test.each(['src', 'src/inner'])('edits in %s once another folder has its place', async (folder) => {
  write('src/inner/a.js');
  await watching(['src'], null, { every: 100 });
  for (let i = 0; i < 2; i++) {
    write(`next/${path.relative('src', folder)}/inner/a.js`);
    for (const name of ['a.js', 'inner/a.js']) write(`next/${name}`);
    await pause();
    renameSync(path.join(cwd, folder), path.join(cwd, `old${i}`));
    renameSync(path.join(cwd, 'next'), path.join(cwd, folder));
    await told(`${folder}/a.js`);
    await pause();
    await pause();
    write(`${folder}/a.js`);
    await told(`${folder}/a.js`);
    changed = [];
    // Of the one that was moved away nothing is told.
    write(`old${i}/a.js`);
    write(`${folder}/inner/a.js`);
    expect(await told(`${folder}/inner/a.js`)).toEqual([]);
  }
});

test('a file that is named, removed and written again, is watched as before', async () => {
  await watching(['src/a.js'], null, { every: 100 });
  for (let i = 0; i < 3; i++) {
    await pause();
    rmSync(path.join(cwd, 'src/a.js'));
    await new Promise((resolve) => setTimeout(resolve, i * 100));
    write('src/a.js');
    await told('src/a.js');
    await pause();
    write('src/a.js');
    await told('src/a.js');
  }
});
