/** What the YAML library does beside parsing. */
import { expect, test, vi } from 'vitest';
import { parse } from '../helpers.ts';

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
