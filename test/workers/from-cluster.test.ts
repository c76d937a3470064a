/** node:cluster hears only what is the worker's own to say. */
import { expect, test } from 'vitest';
import { FromCluster, type Verdict } from '../../src/workers/from-cluster.ts';

const QUERY = {
  cmd: 'NODE_CLUSTER',
  seq: 3,
  act: 'queryServer',
  address: null,
  port: 8080,
  addressType: 4,
  flags: 0,
  index: 0,
};
const REFUSED = { kind: 'refuse', answer: { cmd: 'NODE_CLUSTER', ack: 3, errno: -22, key: '', data: null } };

function worker(): FromCluster {
  return new FromCluster(({ port }) => port === 8080, -22);
}

function kind(verdict: Verdict): string {
  return verdict.kind;
}

test('an address that it has claimed, once, without what it does not need to say', () => {
  const cluster = worker();
  const verdict = cluster.judge({ ...QUERY, data: { ticketKeys: 'ab' }, fd: null });
  expect(verdict).toMatchObject({ kind: 'pass', message: { port: 8080, data: { ticketKeys: 'ab' } } });
  expect(verdict.kind === 'pass' && 'fd' in verdict.message).toBe(false);
  expect(cluster.judge({ ...QUERY, seq: 4 }).kind).toBe('refuse');
  cluster.sent({ cmd: 'NODE_CLUSTER', ack: 3, errno: -98, key: 'k' });
  expect(cluster.judge({ ...QUERY, seq: 5 }).kind).toBe('pass');
});

test.each([
  { port: 8081 },
  { port: '8080' },
  { port: 1e9 },
  { address: 'evil.example' },
  { address: {} },
  { addressType: 'udp4' },
  { fd: 0 },
  { fd: 7 },
  { index: -1 },
  { backlog: 'x' },
  { data: { ticketKeys: 'x'.repeat(257) } },
  { data: 'x' },
  { more: 1 },
])('no address with %o, which it is told', (more) => {
  expect(worker().judge({ ...QUERY, ...more })).toEqual(REFUSED);
});

test('nobody is told where there is no number to answer', () => {
  expect(worker().judge({ ...QUERY, seq: 'x' })).toEqual({ kind: 'refuse', answer: null });
});

test('only a connection that it was sent, and once', () => {
  const cluster = worker();
  const answer = { cmd: 'NODE_CLUSTER', seq: 9, ack: 5, accepted: true };
  expect(kind(cluster.judge(answer))).toBe('refuse');
  cluster.sent({ cmd: 'NODE_CLUSTER', act: 'newconn', key: 'k', seq: 5 });
  expect(kind(cluster.judge({ ...answer, accepted: 1 }))).toBe('refuse');
  expect(kind(cluster.judge({ ...answer, act: 'queryServer' }))).toBe('refuse');
  expect(kind(cluster.judge(answer))).toBe('pass');
  expect(kind(cluster.judge(answer))).toBe('refuse');
});

test('closes only what it has been given', () => {
  const cluster = worker();
  const close = { cmd: 'NODE_CLUSTER', seq: 9, act: 'close', key: 'k' };
  expect(kind(cluster.judge(close))).toBe('skip');
  cluster.judge(QUERY);
  // It is bound only once it is answered.
  expect(kind(cluster.judge(close))).toBe('skip');
  cluster.sent({ cmd: 'NODE_CLUSTER', ack: 3, errno: null, key: 'k' });
  expect(kind(cluster.judge({ ...close, key: 5 }))).toBe('refuse');
  expect(kind(cluster.judge(close))).toBe('pass');
  expect(kind(cluster.judge(close))).toBe('skip');
});

test('what nobody needs, and what nobody knows', () => {
  const said = (more: object): string => kind(worker().judge({ cmd: 'NODE_CLUSTER', seq: 1, ...more }));
  expect(said({ act: 'online' })).toBe('skip');
  expect(said({ act: 'listening', address: {} })).toBe('skip');
  expect(said({ act: 'exitedAfterDisconnect' })).toBe('pass');
  expect(said({ act: 'exitedAfterDisconnect', seq: {} })).toBe('refuse');
  for (const act of [undefined, null, 'disconnect', 'newconn', '__proto__', 1])
    expect(said({ act })).toBe('refuse');
});
