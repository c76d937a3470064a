/** What the matrix asserts can fail: with the drain switched off it sees losses. */
import { expect, test } from 'vitest';
import { clients } from './clients.ts';
import { broken, rows } from './rows.ts';
import { ways } from './ways.ts';
import { world } from './world.ts';

/** These have something in flight at every moment; what is answered between two signals may be lucky. */
const ALWAYS_IN_FLIGHT = [
  'slower than the reload',
  'Server-Sent Events',
  'WebSocket',
  'plain TCP',
  'half-open TCP',
];

test('without drain, requests of every protocol that takes its time are lost', async () => {
  const edit = ways.find(({ name }) => name === 'edit');
  // The app would say goodbye on its own else.
  const change = (text: string): string => text.replace('VALUE: one', 'VALUE: one\n      GOODBYE: none');
  const here = await world(change, { CLUSTER_UP_FAULT: 'no-drain' });
  const load = await clients(here.ports);
  await edit?.replace(here);
  const found = rows('edit', 'any', await load.stop(), null);
  const losing = found.filter(({ failures }) => failures.length > 0).map(({ protocol }) => protocol);
  expect(losing).toEqual(expect.arrayContaining(ALWAYS_IN_FLIGHT));
  expect(losing.length).toBeGreaterThanOrEqual(8);
  // It tells which, with reasons.
  expect(broken(found).join('\n')).toMatch(
    /^slower than the reload, edit, .*: \d+ of \d+ failed: \d+ × ECONNRESET/m,
  );
});
