import { expect, test, vi } from 'vitest';
import { ownEnvironment } from '../../src/cli/own-environment.ts';
import { MAX_MESSAGE } from '../../src/model/control.ts';

test('an environment that fits into no message is said to, and what to do', () => {
  vi.stubEnv('KEY', 'one');
  expect(ownEnvironment()).toMatchObject({ KEY: 'one' });
  vi.stubEnv('LARGE', 'x'.repeat(MAX_MESSAGE));
  expect(ownEnvironment).toThrow(
    /^the environment of this shell has \d+ KiB, more than a supervisor can be sent/,
  );
  vi.unstubAllEnvs();
});
