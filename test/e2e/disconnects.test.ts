/** Apps that close the channel to their supervisor: they see what Node documents, and are drained all the same. */
import { describe, expect, test } from 'vitest';
import { expectNoFailure, load } from './support/client.ts';
import { until } from './support/until.ts';
import { web } from './support/web.ts';

const WHEN = ['listen', 'later', 'signal', 'cluster'] as const;
const BALANCES = ['shared', 'least-connections', 'kernel', 'sticky', 'round-robin'] as const;

async function leaver(when: (typeof WHEN)[number], more: string) {
  return web((text) =>
    text
      .replace('./server.js', './disconnects.js')
      .replace(/( +)(env: \{)/, `$1${more}\n$1$2 WHEN: ${when},`),
  );
}

describe.each(WHEN)('an app that disconnects: %s', (when) => {
  test('is reloaded under load without a failed request', async () => {
    const { port, supervisor, apply } = await leaver(when, 'kill_timeout: 3s');
    const clients = await load(port, { rate: 600 });
    for (let i = 1; i <= 3; i++) {
      await apply(/VALUE: \w+/, `VALUE: edit${i}`);
      await clients.answered(new RegExp(`"edit${i}"`), 20);
    }
    if (when !== 'signal')
      await supervisor.line(/disconnected: connected false, channel null, in the cluster false/);
    await clients.more(600);
    expectNoFailure(await clients.stop(1500));
    await supervisor.line(/disconnected: connected false, channel null, in the cluster false/);
    await supervisor.line(/send: ERR_IPC_CHANNEL_CLOSED/);
    await supervisor.line(/again: ERR_IPC_DISCONNECTED/);
    if (when !== 'cluster')
      await until('two workers are left', () => supervisor.processes().length === 3, 10_000);
    expect(supervisor.count(/did not drain|killed by SIGKILL|cut off/)).toBe(0);
  });
});

test.each(BALANCES)('balance: %s: it serves on, and is drained', async (balance) => {
  const { port, supervisor, apply } = await leaver('listen', `balance: ${balance}`);
  await supervisor.line(/send: ERR_IPC_CHANNEL_CLOSED/);
  const clients = await load(port, { rate: 300 });
  await apply(/VALUE: \w+/, 'VALUE: edited');
  await clients.answered(/"edited"/, 20);
  expectNoFailure(await clients.stop(500));
  expect(supervisor.count(/exited with|did not drain|cut off/)).toBe(0);
});
