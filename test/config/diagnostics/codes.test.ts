/** The table of codes: each example shows its code, and nothing else where one text can. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  CODES,
  loadEcosystem,
  type Code,
  type Loaded,
  type ParseOptions,
} from '../../../src/config/load-ecosystem.ts';
import { DISK, fakeFiles, OPTIONS, parse, told } from '../helpers.ts';

const entries = Object.entries(CODES) as [Code, (typeof CODES)[Code]][];
/** What an example needs besides its text. */
const SITUATIONS: Partial<Record<Code, Partial<ParseOptions>>> = {
  CU1509: { memory: { bytes: 2 ** 33, of: 'this machine' } },
  CU1606: { nodeVersion: 'v20.19.0' },
  CU1609: { uid: 1000 },
  CU1610: { accounts: { user: () => null, group: () => null } },
  CU1611: { versionOf: () => 'v18.20.0', files: fakeFiles({ ...DISK, '/opt/node18/bin/node': '\0' }) },
};

const inText = entries.filter(([, { example }]) => !example.startsWith('$ '));
const byCommand = entries.filter(([, { example }]) => example.startsWith('$ '));

describe('examples as text', () => {
  test.each(inText)('%s', (code, { example, severity }) => {
    const loaded = parse(example, SITUATIONS[code] ?? {});
    const codes = new Set(loaded.diagnostics.map((diagnostic) => diagnostic.code));
    expect([...codes]).toEqual([code]);
    expect(loaded.diagnostics.find((found) => found.code === code)?.severity).toBe(severity);
    expect(loaded.desired === null).toBe(severity === 'error');
  });
});

describe('examples as commands', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-codes-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, content: string | Uint8Array): string => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const apps = 'apps:\n  - { name: app, script: server.js, env_production: {} }\n';
  const situations: Partial<Record<Code, () => Promise<Loaded>>> = {
    CU1001: () => loadEcosystem(path.join(folder, 'ecosystm.yml'), OPTIONS),
    CU1002: () => loadEcosystem(folder, OPTIONS),
    CU1003: () => {
      const file = write('secret.yml', apps);
      chmodSync(file, 0);
      return loadEcosystem(file, OPTIONS);
    },
    CU1004: () => loadEcosystem(write('dump.yml', 'a: 1\n'.repeat(2_000_000)), OPTIONS),
    CU1005: () =>
      loadEcosystem(write('binary.yml', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0xfe)), OPTIONS),
    CU1109: () => Promise.resolve(parse('['.repeat(5000))),
    CU1403: () => Promise.resolve(parse(apps, { envName: 'prodction' })),
    CU1406: () => Promise.resolve(parse(apps, { only: ['apo'] })),
  };

  test('each has a situation here', () => {
    expect(Object.keys(situations).sort()).toEqual(byCommand.map(([code]) => code).sort());
  });

  // Root may read everything.
  const runnable = byCommand.filter(([code]) => code !== 'CU1003' || process.getuid?.() !== 0);
  test.each(runnable)('%s', async (code) => {
    const loaded = await situations[code]?.();
    expect(loaded?.diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
    expect(loaded?.desired).toBeNull();
  });

  test('a missing file, environment or app suggests one of a similar name', async () => {
    write('ecosystem.yml', apps);
    expect((await situations.CU1001?.())?.diagnostics[0]?.hint).toBe('Did you mean `ecosystem.yml`?');
    expect((await situations.CU1403?.())?.diagnostics[0]?.hint).toBe('Did you mean `production`?');
    expect((await situations.CU1406?.())?.diagnostics[0]?.hint).toBe('Did you mean `app`?');
  });

  test('UTF-16 is recognised', async () => {
    const loaded = await loadEcosystem(write('utf16.yml', Buffer.from(`\uFEFF${apps}`, 'utf16le')), OPTIONS);
    expect(loaded.diagnostics[0]?.hint).toBe('It is UTF-16: save it as UTF-8.');
  });
});

test('the generated files are up to date', () => {
  execFileSync(process.execPath, ['schemas/generate.js', '--check']);
}, 30_000);

test('without its folder, a script is not looked for', () => {
  expect(told(parse('apps: [{ script: server.js, cwd: ./nowhere }]'))).toEqual(['1:34 CU1605 error']);
});
