/** Files on the disk: the good ones load, the bad ones say in their first lines what is wrong with them. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadEcosystem } from '../../src/config/load-ecosystem.ts';
import { told } from './helpers.ts';

const folder = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/config/${name}/`, import.meta.url));
const options = {
  cores: 8,
  processEnv: process.env,
  nodeVersion: 'v24.1.0',
  missingScript: 'error',
} as const;

describe('good files', () => {
  const files = readdirSync(folder('good')).filter((name) => /\.(yml|json)$/.test(name));
  test.each(files)('%s', async (name) => {
    const loaded = await loadEcosystem(folder('good') + name, { ...options, missingScript: 'warning' });
    // Not every machine has Python.
    expect(loaded.diagnostics.filter(({ code }) => code !== 'CU1604')).toEqual([]);
    expect(loaded.desired?.apps.length).toBeGreaterThan(0);
  });
});

describe('bad files', () => {
  const files = readdirSync(folder('bad')).filter((name) => /\.(yml|json)$/.test(name));
  test.each(files)('%s', async (name) => {
    const file = folder('bad') + name;
    const lines = readFileSync(file, 'utf8').split('\n');
    const expected = lines.flatMap((line) => /^(?:#|\/\/) (\d+:\d+ CU\d+ \w+)$/.exec(line)?.[1] ?? []);
    const loaded = await loadEcosystem(file, options);
    expect(told(loaded).sort()).toEqual(expected.sort());
    expect(loaded.desired === null).toBe(expected.some((line) => line.endsWith('error')));
  });
});
