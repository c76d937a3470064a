/** Everything that a worker says is checked: what is well-formed passes, and with anything changed it does not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CMD, type FromAgent, type Reading } from '../../src/model/protocol.ts';
import { follows, parseFromAgent } from '../../src/workers/from-agent.ts';

const query = { address: null, port: 8080, addressType: 4, flags: 0, index: 0 };
const unix = { address: '/run/a.sock', port: -1, addressType: -1, flags: 0, index: 0 };
const datagrams = { address: '::1', port: 53, type: 'udp6', flags: 4, index: 1 } as const;
const reading: Reading = {
  since: 12.5,
  at: 100.25,
  requests: 7,
  responses: [0, 6, 0, 1, 0],
  aborted: 0,
  inFlight: 1,
  buckets: [1, 2, 3],
  seconds: 0.25,
  activeMs: 5.5,
  idleMs: 90,
  delayP50Ms: 0,
  delayP99Ms: 1,
  delayMaxMs: 2,
};
const stop = { drainTimeout: 1000, killTimeout: 10, killSignal: 'SIGTERM', message: false } as const;

/** At least one of each act. */
const GOOD: readonly FromAgent[] = [
  { act: 'socket', seq: 1, query },
  { act: 'socket', seq: 0, query: unix },
  { act: 'socket', seq: 2, query: { ...query, address: '127.0.0.1' } },
  { act: 'datagrams', seq: 3, query: datagrams },
  { act: 'listening', key: 'socket 12', address: '127.0.0.1:8080' },
  { act: 'listening', key: null, address: 'udp4 *:53' },
  { act: 'listen-failed', query, errno: -98 },
  { act: 'open', key: 'socket 1', open: 3 },
  { act: 'paused', key: 'socket 1', open: 300 },
  { act: 'copy', key: 'socket 1', slot: -1 },
  { act: 'took', key: 'socket 1', seq: 9, accepted: false },
  { act: 'closed', key: 'socket 3' },
  { act: 'quiet' },
  {
    act: 'ledger',
    ledger: {
      inFlight: 2,
      arrived: 0,
      finished: 1,
      aborted: 0,
      cutOff: 1,
      closedIdle: 0,
      cut: [{ request: 'GET /', times: 1 }],
    },
  },
  { act: 'drained' },
  { act: 'pong', about: 'alive' },
  { act: 'pong', about: 'drained' },
  { act: 'pong', about: 'released' },
  { act: 'pong', about: 'loop' },
  { act: 'probed', seq: 4, outcome: 204 },
  { act: 'probed', seq: 4, outcome: 'no-server' },
  { act: 'measured', asked: true, reading },
  {
    act: 'orphan',
    pid: 4711,
    app: 'web',
    slot: 3,
    stop,
    offers: [
      { kind: 'socket', query, slot: -1 },
      // It was bound for another address.
      { kind: 'socket', query, slot: -2 },
      { kind: 'datagrams', query: datagrams },
    ],
  },
  { act: 'given' },
];

/** What no field of any message may be. */
const ODD: readonly unknown[] = [
  undefined,
  {},
  { a: 1 },
  [[]],
  -9e15,
  1.5e300,
  'x\0y',
  '\u001b[2J',
  'y'.repeat(5000),
];

/** Each way to have one field of a message, at any depth, missing, odd or beside another one. */
function* changed(value: unknown): Generator {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) for (const other of changed(item)) yield value.with(i, other);
    return;
  }
  if (typeof value !== 'object' || value === null) return yield* ODD;
  const fields = Object.entries(value);
  for (const [key, field] of fields) {
    yield Object.fromEntries(fields.filter(([name]) => name !== key));
    for (const other of changed(field)) yield { ...value, [key]: other };
    yield { ...value, [key]: ODD[1] };
  }
  yield { ...value, extra: 1 };
  yield JSON.parse(`{"__proto__":{},${JSON.stringify(value).slice(1)}`.replace(',}', '}'));
}

describe.each(GOOD)('$act', (message) => {
  test('well-formed, in an envelope or without', () => {
    expect(parseFromAgent(message)).toBe(message);
    expect(parseFromAgent({ cmd: CMD, ...message })).not.toBeNull();
    expect(parseFromAgent(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });

  test('with anything changed', () => {
    const all = [...changed(message)];
    expect(all.length).toBeGreaterThan(1);
    for (const other of all) expect(parseFromAgent(other), JSON.stringify(other)).toBeNull();
  });
});

test('acts that are none', () => {
  for (const act of [undefined, null, 1, {}, 'nothing', '__proto__', 'constructor', 'toString', ''])
    expect(parseFromAgent({ act })).toBeNull();
  for (const value of [undefined, null, 1, 'quiet', [], [{ act: 'quiet' }], () => {}])
    expect(parseFromAgent(value)).toBeNull();
});

test('bounds', () => {
  const asks = (more: object): unknown =>
    parseFromAgent({ act: 'socket', seq: 1, query: { ...query, ...more } });
  expect(asks({ port: 65_535 })).not.toBeNull();
  expect(asks({ port: 65_536 })).toBeNull();
  expect(asks({ port: -1 })).toBeNull();
  expect(asks({ address: 'localhost' })).toBeNull();
  expect(asks({ address: 'fe80::1%eth0', addressType: 6 })).not.toBeNull();
  expect(asks({ flags: 256 })).toBeNull();
  expect(asks({ ...unix, address: 'relative.sock' })).toBeNull();
  expect(asks({ ...unix, address: '/a\0b' })).toBeNull();
  expect(asks({ ...unix, address: `/${'a'.repeat(4096)}` })).toBeNull();
  const offers = Array.from({ length: 4097 }, () => ({ kind: 'datagrams', query: datagrams }));
  expect(parseFromAgent({ act: 'orphan', pid: 2, app: 'a', slot: 0, stop, offers })).toBeNull();
  expect(parseFromAgent({ act: 'orphan', pid: 1, app: 'a', slot: 0, stop, offers: [] })).toBeNull();
});

test('never throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.record(
          {
            act: fc.constantFrom(...GOOD.map(({ act }) => act)),
            seq: fc.anything(),
            query: fc.anything(),
            key: fc.anything(),
            reading: fc.anything(),
            ledger: fc.anything(),
            offers: fc.anything(),
          },
          { requiredKeys: ['act'] },
        ),
      ),
      (message) => {
        parseFromAgent(message);
      },
    ),
    { numRuns: 3000 },
  );
});

test('what is counted does not shrink', () => {
  expect(follows(reading, { ...reading, at: 101, requests: 8 })).toBe(true);
  expect(follows(reading, reading)).toBe(true);
  for (const less of [
    { requests: 6 },
    { aborted: -1 },
    { at: 1 },
    { buckets: [1, 1, 3] },
    { responses: [0, 6] },
  ])
    expect(follows(reading, { ...reading, ...less })).toBe(false);
  // It has begun anew.
  expect(follows(reading, { ...reading, since: 99, requests: 0 })).toBe(true);
});
