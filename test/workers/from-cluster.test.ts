/** node:cluster hears only that a worker leaves. */
import { expect, test } from 'vitest';
import { judgeOfCluster } from '../../src/workers/from-cluster.ts';

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

test.each([{}, { fd: 0 }, { fd: 7 }, { data: 'x' }])(
  'no address is had from it, with %o: it is told',
  (more) => {
    expect(judgeOfCluster({ ...QUERY, ...more })).toEqual(REFUSED);
  },
);

test('nobody is told where there is no number to answer', () => {
  expect(judgeOfCluster({ ...QUERY, seq: 'x' })).toEqual({ kind: 'refuse', answer: null });
});

test('what nobody needs, and what nobody knows', () => {
  const said = (more: object): string => judgeOfCluster({ cmd: 'NODE_CLUSTER', seq: 1, ...more }).kind;
  expect(said({ act: 'online' })).toBe('skip');
  expect(said({ act: 'listening', address: {} })).toBe('skip');
  expect(said({ act: 'exitedAfterDisconnect' })).toBe('pass');
  expect(said({ act: 'exitedAfterDisconnect', seq: {} })).toBe('refuse');
  expect(said({ act: 'exitedAfterDisconnect', ack: 1 })).toBe('refuse');
  for (const act of [undefined, null, 'close', 'disconnect', 'newconn', '__proto__', 1])
    expect(said({ act })).toBe('refuse');
  expect(said({ ack: 5, accepted: true })).toBe('refuse');
});
