/** What the matrix asserts can fail: with the drain switched off it sees losses. */
import { expect, test } from 'vitest';
import { clients } from './clients.ts';
import { broken, rows } from './rows.ts';
import { ways } from './ways.ts';
import { world } from './world.ts';

/** All but these lose something each time: what is answered in a millisecond may be lucky. */
const MAY_BE_LUCKY = [
  'HTTP/1.1 keep-alive',
  'HTTP/1.1 new connection',
  'HTTP/1.1 pipelined',
  'Expect: 100-continue',
  'HTTPS',
  'unix socket',
  'UDP',
];

test('without drain, requests of every protocol that takes its time are lost', async () => {
  const edit = ways.find(({ name }) => name === 'edit');
  // The app would say goodbye on its own else.
  const change = (text: string): string => text.replace('VALUE: one', 'VALUE: one\n      GOODBYE: none');
  const here = await world(change, { CLUSTER_UP_FAULT: 'no-drain' });
  const load = await clients(here.ports);
  await edit?.replace(here);
  const found = rows('edit', 'any', await load.stop(), null);
  const lucky = found.filter(({ failures }) => failures.length === 0).map(({ protocol }) => protocol);
  expect(lucky.filter((protocol) => !MAY_BE_LUCKY.includes(protocol))).toEqual([]);
  // It tells which, with reasons.
  expect(broken(found).join('\n')).toMatch(
    /^slower than the reload, edit, .*: \d+ of \d+ failed: \d+ × ECONNRESET/m,
  );
});
