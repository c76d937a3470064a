/** Drain by protocol: reloads under a client that never retries, and what is told of them. */
import { expect, test } from 'vitest';
import { load } from './support/client.ts';
import { web } from './support/web.ts';

/** Every test of a load must be able to fail. */
test('with the drain switched off, a load shows losses', async () => {
  const { port, apply } = await web(undefined, { env: { CLUSTER_UP_FAULT: 'no-drain' } });
  const clients = await load(port, { rate: 300, path: '/slow?ms=100' });
  await apply(/VALUE: \w+/, 'VALUE: two');
  await clients.answered(/"two"/, 20);
  expect((await clients.stop()).failed).toBeGreaterThan(0);
});
