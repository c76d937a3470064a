/** An app that asks for another address on the port that it has, under a client that never asks again. */
import { describe, expect, test } from 'vitest';
import { app, edit, expectGap, expectNothingLost } from './support/port-edits.ts';
import { freePort } from './support/ports.ts';
import { sinceNode } from './support/runtimes.ts';

describe('another address on the same port', () => {
  const hosts = [
    ['127.0.0.1', '0.0.0.0'],
    ['127.0.0.1', '::'],
    ['0.0.0.0', '127.0.0.1'],
    ['0.0.0.0', '::'],
    ['127.0.0.1', '127.0.0.1 ::1'],
  ] as const;

  const ways = [
    ...hosts.map((way) => ['auto', ...way] as const),
    ['round-robin', '127.0.0.1', '0.0.0.0'],
    ['sticky', '127.0.0.1', '::'],
    ['round-robin', '0.0.0.0', '127.0.0.1'],
    ['sticky', '127.0.0.1', '127.0.0.1 ::1'],
  ] as const;

  // Two sockets cannot be bound to one port before.
  sinceNode('22.12').each(ways)('%s, %s to %s: loses nothing', async (balance, from, to) => {
    const port = await freePort();
    const more = [`balance: ${balance}`];
    const edited = await edit(
      [port],
      [app('web', 1, { port, host: from, more })],
      [app('web', 2, { port, host: to, more })],
    );
    expectNothingLost(edited);
    expect(edited.answers).toEqual(['web 2']);
    expect(edited.plan).not.toContain('stops');
  });

  test.each(hosts.slice(0, 4))('%s to %s: converges', async (from, to) => {
    const port = await freePort();
    expectGap(await edit([port], [app('web', 1, { port, host: from })], [app('web', 2, { port, host: to })]));
  });
});
