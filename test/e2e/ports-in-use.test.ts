/** Edits that need a port which is still in use, under a client that never asks again. */
import { describe, expect, test } from 'vitest';
import { expectNoFailure } from './support/client.ts';
import { app, edit, expectGap, expectNothingLost } from './support/port-edits.ts';
import { freePort } from './support/ports.ts';

describe('ports that go from app to app lose nothing', () => {
  test.each([
    [2, 'auto'],
    [3, 'auto'],
    [2, 'round-robin'],
    [2, 'sticky'],
  ])('%s apps trade them, balance %s', async (count, balance) => {
    const more = [`balance: ${balance}`];
    const ports = [await freePort(), await freePort(), await freePort()].slice(0, count);
    const names = ['a', 'b', 'c'].slice(0, count);
    const first = names.map((name, i) => app(name, 1, { port: ports[i] ?? 0, more }));
    const second = names.map((name, i) => app(name, 2, { port: ports[(i + 1) % count] ?? 0, more }));
    const edited = await edit(ports, first, second);
    expectNothingLost(edited);
    expect(edited.plan).toMatch(/a .*trades ports with "b"/);
    expect(edited.answers).toEqual(names.map((_, i) => `${names[(i + count - 1) % count] ?? ''} 2`));
  });

  test('two apps trade them and one is never ready: both have their own again', async () => {
    const more = ['ready: message', 'listen_timeout: 5s'];
    const [one, two] = [await freePort(), await freePort()];
    const edited = await edit(
      [one, two],
      [app('a', 1, { port: one, more }), app('b', 1, { port: two, more })],
      [app('a', 2, { port: two, more }), app('b', 13, { port: one, more })],
    );
    expect(edited.code).toBe(1);
    expect(edited.said).toContain("has to give b its address back, as that did not send 'ready' within 5 s");
    expect(edited.answers).toEqual(['a 1', 'b 1']);
    for (const one of edited.stats) expectNoFailure(one);
  });

  test('one app takes over what another leaves', async () => {
    const [one, two, three] = [await freePort(), await freePort(), await freePort()];
    const edited = await edit(
      [two],
      [app('a', 1, { port: one }), app('b', 1, { port: two })],
      [app('a', 2, { port: two }), app('b', 2, { port: three })],
    );
    expectNothingLost(edited);
    expect(edited.plan).toMatch(/a .*gets port \d+ from "b", once that has left it/);
    expect(edited.answers).toEqual(['a 2']);
  });
});

describe('another balance on the same port', () => {
  test.each([
    ['shared', 'round-robin'],
    ['round-robin', 'shared'],
    ['least-connections', 'round-robin'],
    ['round-robin', 'least-connections'],
    ['kernel', 'round-robin'],
    ['round-robin', 'kernel'],
    ['sticky', 'round-robin'],
    ['round-robin', 'sticky'],
    ['kernel', 'sticky'],
  ])('%s to %s: loses nothing', async (from, to) => {
    const port = await freePort();
    const edited = await edit(
      [port],
      [app('web', 1, { port, more: [`balance: ${from}`] })],
      [app('web', 2, { port, more: [`balance: ${to}`] })],
    );
    expectNothingLost(edited);
    expect(edited.answers).toEqual(['web 2']);
    expect(edited.plan).not.toContain('stops');
  });
});

describe('what cannot be had side by side stops first, as planned', () => {
  const fork = ['instances: 1', 'exec_mode: fork'];
  test.each([
    ['fork mode to cluster', fork, [], /stops its 1 worker as soon as a new one waits/],
    ['cluster mode to fork', [], fork, /stops all 2 workers first/],
  ])('%s', async (_, from, to, said) => {
    const port = await freePort();
    const edited = await edit(
      [port],
      [app('web', 1, { port, more: from })],
      [app('web', 2, { port, more: to })],
    );
    expectGap(edited);
    expect(edited.plan).toMatch(said);
  });
});

describe('what workers of a supervisor that was killed have is had from them', () => {
  const [narrow, wide] = ['127.0.0.1', '0.0.0.0'];
  test.each([
    ['to a wider address', narrow, wide, 'shared', 'shared'],
    ['to a narrower address', wide, narrow, 'shared', 'shared'],
    ['to an address and a balance that cannot be had beside', narrow, wide, 'kernel', 'sticky'],
    ['to round-robin', narrow, narrow, 'shared', 'round-robin'],
  ])('%s', async (_, from, to, before, after) => {
    const port = await freePort();
    const first = app('web', 1, { port, host: from, more: [`balance: ${before}`] });
    const second = app('web', 2, { port, host: to, more: [`balance: ${after}`] });
    expectGap(await edit([port], [first], [second], true));
  });
});

test('a second process in fork mode on one port: the command ends and says why, the first one serves on', async () => {
  const port = await freePort();
  const more = ['exec_mode: fork'];
  const one = app('web', 1, { port, more: ['instances: 1', ...more] });
  const edited = await edit([port], [one], [app('web', 1, { port, more })]);
  for (const stats of edited.stats) expectNoFailure(stats);
  expect(edited.answers).toEqual(['web 1']);
  expect(edited.code).toBe(1);
  expect(edited.said).toContain(
    `port ${port} is taken by web:0, a worker of this very app: write \`exec_mode: cluster\`, or give each its own port`,
  );
});
