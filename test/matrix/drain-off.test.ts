/** What the matrix asserts can fail: with the drain switched off it sees losses. */
import { expect, test } from 'vitest';
import { clients } from './clients.ts';
import { broken, rows } from './rows.ts';
import { ways } from './ways.ts';
import { world } from './world.ts';

/**
 * These live longer than the edit takes, so each of them is on an old worker when it goes. Shorter ones may be lucky: on
 * one worker while the other goes, and on its successor when that one does.
 */
const LONG = ['slower than the reload', 'Server-Sent Events', 'WebSocket'];
/** So many protocols lose something at least; ten or more mostly do. */
const MANY = 6;

test('without drain, requests of every protocol that takes its time are lost', async () => {
  const edit = ways.find(({ name }) => name === 'edit');
  // The app would say goodbye on its own else.
  const change = (text: string): string => text.replace('VALUE: one', 'VALUE: one\n      GOODBYE: none');
  const here = await world(change, { CLUSTER_UP_FAULT: 'no-drain' });
  const load = await clients(here.ports);
  await edit?.replace(here);
  const found = rows('edit', 'any', await load.stop(), null);
  const losing = found.filter(({ failures }) => failures.length > 0).map(({ protocol }) => protocol);
  expect(losing).toEqual(expect.arrayContaining(LONG));
  expect(losing.length).toBeGreaterThanOrEqual(MANY);
  // It tells which, with reasons.
  expect(broken(found).join('\n')).toMatch(
    /^slower than the reload, edit, .*: \d+ of \d+ failed: \d+ × ECONNRESET/m,
  );
});
