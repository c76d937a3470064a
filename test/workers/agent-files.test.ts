import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AgentFiles } from '../../src/workers/agent-files.ts';

let folder = '';
let files: AgentFiles;

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'cluster-up-files-')), 'agent');
  write('1');
  files = new AgentFiles(folder);
});

afterEach(() => {
  files.close();
  rmSync(path.dirname(folder), { recursive: true });
});

function write(version: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'agent.cjs'), `module.exports = [${version}, require('./other.cjs')];`);
  writeFileSync(path.join(folder, 'other.cjs'), `module.exports = ${version};`);
  writeFileSync(path.join(folder, 'other.d.cts'), '');
}

const other = (entry: string): string => readFileSync(path.join(path.dirname(entry), 'other.cjs'), 'utf8');

test('as long as nobody touches them, they are used where they are', () => {
  expect(files.entry).toBe(path.join(folder, 'agent.cjs'));
});

test('removed, workers of every user get a copy, which is one until it is removed as well', () => {
  renameSync(folder, `${folder}.gone`);
  const copy = files.entry;
  expect(copy).not.toContain(folder);
  expect(other(copy)).toBe('module.exports = 1;');
  expect(statSync(path.dirname(copy)).mode & 0o777).toBe(0o755);
  expect(statSync(copy).mode & 0o777).toBe(0o644);
  expect(files.entry).toBe(copy);
  rmSync(path.dirname(copy), { recursive: true });
  const again = files.entry;
  expect(other(again)).toBe('module.exports = 1;');
  files.close();
  expect(existsSync(path.dirname(again))).toBe(false);
});

test('a copy that cannot be written whole leaves nothing behind', () => {
  // Where short names fit into what a path may be, and long ones do not.
  let temporary = path.join(path.dirname(folder), 'tmp');
  while (temporary.length < 3900) temporary = path.join(temporary, 'd'.repeat(50));
  mkdirSync(temporary, { recursive: true });
  writeFileSync(path.join(folder, `${'long'.repeat(60)}.cjs`), '');
  const all = new AgentFiles(folder);
  rmSync(folder, { recursive: true });
  vi.stubEnv('TMPDIR', temporary);
  expect(() => all.entry).toThrow('ENAMETOOLONG');
  expect(readdirSync(temporary)).toEqual([]);
  vi.unstubAllEnvs();
});

test('where the system does not say whether they are there, they are used where they are', () => {
  vi.spyOn(fs, 'statSync').mockImplementation(() => {
    throw Object.assign(new Error('out of memory'), { code: 'ENOMEM' });
  });
  syncBuiltinESMExports();
  const { entry } = files;
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  expect(entry).toBe(path.join(folder, 'agent.cjs'));
});

test('replaced, also in one file only, it is the agent of then', () => {
  writeFileSync(path.join(folder, 'other.cjs'), 'module.exports = 22;');
  expect(other(files.entry)).toBe('module.exports = 1;');
});
