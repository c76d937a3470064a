/** What the YAML library does beside parsing, and what is none of the text's faults. */
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { readLayout } from '../../../src/config/edit/edit-apps.ts';
import { loadEcosystem } from '../../../src/config/load-ecosystem.ts';
import { fakeFiles, OPTIONS, parse } from '../helpers.ts';

test('it prints nothing, whatever the environment asks of it', () => {
  vi.stubEnv('LOG_TOKENS', '1');
  vi.stubEnv('LOG_STREAM', '1');
  const { env } = process;
  const printed = [vi.spyOn(console, 'log'), vi.spyOn(console, 'dir')];
  try {
    expect(parse('apps: [{ script: server.js }]').desired?.apps).toHaveLength(1);
    for (const print of printed) expect(print).not.toHaveBeenCalled();
    expect(process.env).toBe(env);
  } finally {
    for (const print of printed) print.mockRestore();
    vi.unstubAllEnvs();
  }
});

const ours = (error: Error) => () => {
  throw error;
};

test('a fault of ours is not told as one of the text', async () => {
  const text = 'apps: [{ script: server.js, interpreter: /usr/bin/node, exec_mode: cluster }]';
  for (const error of [new RangeError('Invalid array length'), new TypeError('x is not a function')]) {
    const files = { ...fakeFiles({}), kind: ours(error) };
    expect(() => parse(text, { files })).toThrow(error);
    const file = path.resolve('fixtures/hello/ecosystem.yml');
    const environment = new Proxy({}, { get: ours(error), getOwnPropertyDescriptor: ours(error) });
    await expect(loadEcosystem(file, { ...OPTIONS, processEnv: environment })).rejects.toBe(error);
    expect(() => readLayout('apps: [{ name: "${A}" }]', { variables: environment })).toThrow(error);
  }
});

test('what is nested more deeply than can be walked through is', () => {
  const overflow = new RangeError('Maximum call stack size exceeded');
  const { diagnostics } = parse('apps: [{ script: server.js }]', {
    files: { ...fakeFiles({}), kind: ours(overflow) },
  });
  expect(diagnostics.map(({ code }) => code)).toContain('CU1109');
});
