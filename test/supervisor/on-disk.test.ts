import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { onDisk } from '../../src/supervisor/on-disk.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-disk-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('says what is gone and what was replaced, and nothing while all is as it was', () => {
  const [node, main] = [path.join(folder, 'node'), path.join(folder, 'main.js')];
  writeFileSync(node, '20');
  writeFileSync(main, '1');
  const ask = onDisk(node, main);
  expect(ask()).toBeNull();
  renameSync(node, `${node}.old`);
  expect(ask()).toEqual({ node: { path: node, version: process.version, is: 'gone' } });
  writeFileSync(node, '24');
  writeFileSync(main, '11');
  expect(ask()).toMatchObject({ node: { is: 'replaced' }, clusterUp: { is: 'replaced' } });
  rmSync(node);
  renameSync(`${node}.old`, node);
  expect(ask()).toEqual({ clusterUp: { is: 'replaced' } });
});
