/** Two short seeds of the driver; `npm run test:driver` has long ones. */
import { expect, test } from 'vitest';
import { drive } from '../driver/drive.ts';
import { cli, node } from './support/runtimes.ts';

test.each([3, 5])('30 steps by chance, seed %i', async (seed) => {
  const { steps, requests, violation } = await drive({ seed, count: 30, build: { node, cli } });
  expect(violation, steps.join('\n')).toBeNull();
  expect(steps).toHaveLength(30);
  expect(requests).toBeGreaterThan(100);
});
