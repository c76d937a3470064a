import { expect, test } from 'vitest';
import { isFixed, newestOf } from '../../src/releases/known-release.ts';
import type { Release } from '../../src/releases/release.ts';
import { fromGit, sourceOf } from './support.ts';

const COMMIT = '4f2a91c0'.padEnd(40, '1');
const release = (version: string, label: string | null): Release => ({
  id: version.slice(0, 8),
  version,
  label,
  folder: `/releases/${version.slice(0, 8)}`,
  preparedAt: 0,
});
const all = [
  release('9be1d3aa'.padEnd(40, '2'), 'main'),
  release(COMMIT, 'v1'),
  release('a'.repeat(40), 'main'),
];
const labelOf = (ref: string | null): string | null | undefined =>
  newestOf(fromGit('/repo', ref), all)?.version.slice(0, 8);

test('the newest that was prepared from what the source names', () => {
  expect(['main', 'refs/heads/main', 'v1', 'refs/tags/v1', '4f2a91c', null].map(labelOf)).toEqual([
    '9be1d3aa',
    '9be1d3aa',
    '4f2a91c0',
    '4f2a91c0',
    '4f2a91c0',
    '9be1d3aa',
  ]);
  expect(['v2', 'mai', '4f2a91d'].map(labelOf)).toEqual([undefined, undefined, undefined]);
});

test('an archive is what its sum says, and a folder what was copied last', () => {
  const sum = 'a'.repeat(40);
  const archive = sourceOf({ kind: 'archive', address: '/shop.tgz', sha256: sum });
  expect(newestOf(archive, all)?.version).toBe(sum);
  expect(newestOf(sourceOf({ kind: 'folder', path: '/shop' }), all)).toBe(all[0]);
});

test('a whole commit and an archive lead to the same bytes for ever', () => {
  expect([COMMIT, 'v1', '4f2a91c', null].map((ref) => isFixed(fromGit('/repo', ref)))).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(isFixed(sourceOf({ kind: 'archive', address: '/a', sha256: 'b' }))).toBe(true);
  expect(isFixed(sourceOf({ kind: 'folder', path: '/a' }))).toBe(false);
});
