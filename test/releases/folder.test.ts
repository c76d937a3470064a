/** `source.folder`: a copy of what is in it now. */
import { chmodSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { SourceSpec } from '../../src/model/source.ts';
import { everything, failure, prepared, put, releasesIn, scene, sourceOf } from './support.ts';

const copied = (folder: string): SourceSpec => sourceOf({ kind: 'folder', path: folder });

test('all that is in it but .git, with its modes and links', async () => {
  const folder = scene();
  const code = path.join(folder, 'code');
  put(code, {
    '.git/HEAD': 'x',
    '.env': 'A=1',
    'node_modules/a/index.js': '1',
    'sub/.git': 'gitdir',
    run: 'x',
  });
  chmodSync(path.join(code, 'run'), 0o755);
  symlinkSync('../outside', path.join(code, 'link'));
  const { folder: release } = await prepared(releasesIn(folder), copied(code));
  expect(everything(release)).toEqual([
    '.env',
    'link',
    'node_modules/',
    'node_modules/a/',
    'node_modules/a/index.js',
    'run',
    'sub/',
  ]);
  expect(readlinkSync(path.join(release, 'link'))).toBe('../outside');
  expect(statSync(path.join(release, 'run')).mode & 0o777).toBe(0o755);
});

test('another content is another release, another time is not', async () => {
  const folder = scene();
  const code = path.join(folder, 'code');
  put(code, { a: '1', b: '' });
  const releases = releasesIn(folder);
  const first = await prepared(releases, copied(code));
  utimesSync(path.join(code, 'a'), 1, 1);
  put(code, { '.git/HEAD': 'x' });
  expect(await prepared(releases, copied(code))).toEqual(first);
  const ids = [first.id];
  const again = async (): Promise<void> => {
    ids.push((await releases.resolve(copied(code))).id);
  };
  put(code, { a: '2' });
  await again();
  chmodSync(path.join(code, 'a'), 0o755);
  await again();
  mkdirSync(path.join(code, 'empty'));
  await again();
  expect(new Set(ids).size).toBe(4);
  expect(readFileSync(path.join(first.folder, 'a'), 'utf8')).toBe('1');
});

test('a folder that there is not, that holds the releases, and that changes meanwhile', async () => {
  const folder = scene();
  const releases = releasesIn(folder);
  const none = copied(path.join(folder, 'none'));
  expect((await failure(prepared(releases, none))).message).toBe(
    `Reading the folder ${folder}/none failed: there is no ${folder}/none.`,
  );
  expect((await failure(prepared(releases, copied(folder)))).message).toBe(
    `The folder ${folder} holds the releases themselves (${folder}/releases), so it cannot be one. Name a folder in it with \`source.folder\`, or set CLUSTER_UP_HOME.`,
  );
  const code = path.join(folder, 'code');
  put(code, { a: '1' });
  const before = await releases.resolve(copied(code));
  put(code, { a: '2' });
  const late = releases.prepare(copied(code), before, { env: {}, log: () => {} });
  expect((await failure(late)).message).toMatch(/was changed while it was copied/);
  expect(releases.list(copied(code))).toEqual([]);
});
