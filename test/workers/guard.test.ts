/** Bytes of a worker's channel, and who hears what of them. */
import { EventEmitter } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { expect, test, vi } from 'vitest';
import { Bucket } from '../../src/shared/token-bucket.ts';
import { judgeOfCluster } from '../../src/workers/from-cluster.ts';
import { guard } from '../../src/workers/guard.ts';
import { LONGEST_LINE, MessageLines } from '../../src/workers/message-lines.ts';

interface Handle {
  close: () => void;
}

function nobody(): Handle | null {
  return null;
}

/** A child process as guard sees it, with everything that anybody was told. */
function child({ agent = true } = {}) {
  const heard: unknown[] = [];
  const sent: unknown[] = [];
  const handle = {
    onread: (bytes: unknown): void => void heard.push(bytes === undefined ? 'end' : 'Node has read'),
    pendingHandle: nobody(),
    readStart: vi.fn(() => 0),
    readStop: vi.fn(() => 0),
  };
  const fake = Object.assign(new EventEmitter(), {
    connected: true,
    _handleQueue: undefined as unknown[] | undefined,
    send: (message: unknown) => sent.push(message) > 0,
    [Symbol('kChannelHandle')]: handle,
  });
  fake.on('internalMessage', (message: unknown) => heard.push({ node: message }));
  guard(fake as unknown as ChildProcess, {
    ready: () => heard.push('ready'),
    ...(agent ? { said: (message, came) => heard.push(came === null ? message : { message, came }) } : {}),
    ...(agent ? { ofCluster: judgeOfCluster } : {}),
    unheard: (type) => heard.push({ unheard: type }),
    misunderstood: (what, seq) => heard.push({ what, seq }),
    flooded: () => heard.push('flooded'),
  });
  const say = (text: string | Buffer, came: Handle | null = null): void => {
    handle.pendingHandle = came;
    const bytes = Buffer.from(text);
    handle.onread.call(handle, bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  };
  return { heard, sent, handle, fake, say };
}

const line = (message: object): string => `${JSON.stringify(message)}\n`;
const up = (message: object): object => ({ ...message, cmd: 'NODE_CLUSTER_UP' });

test('the agent, "ready", and what the app says to nobody', () => {
  const { heard, say } = child();
  say(`"ready"\n${line(up({ act: 'quiet' }))}{"any":"thing"}\n5\nnull\n"x"\n${line({ cmd: 'mine' })}`);
  // Of what it says to nobody, one is told.
  expect(heard).toEqual(['ready', up({ act: 'quiet' }), { unheard: null }]);
});

test('the first message of the app itself is told by what it is called, with a socket or without', () => {
  const { heard, say } = child({ agent: false });
  say(line({ topic: 'log4js:message', data: 'secret' }) + line({ type: 'process:msg' }));
  expect(heard).toEqual([{ unheard: 'log4js:message' }]);
  const other = child();
  other.say(line({ cmd: 'NODE_HANDLE', type: 'net.Socket', msg: { type: 'sticky:connection' } }), {
    close: vi.fn(),
  });
  expect(other.heard).toEqual([{ unheard: 'sticky:connection' }]);
});

test('a message in pieces, and several at once', () => {
  const { heard, say } = child();
  for (const byte of Buffer.from(line(up({ act: 'drained' })))) say(Buffer.of(byte));
  say('"rea');
  say('dy"\n"ready"\n');
  expect(heard).toEqual([up({ act: 'drained' }), 'ready', 'ready']);
});

test('no JSON, no act, no known act', () => {
  const { heard, say } = child();
  say(
    `hello\n{\n\n${line(up({}))}${line(up({ act: 'x' }))}${line(up({ act: 'socket', seq: 8 }))}${line({ cmd: 'NODE_x' })}`,
  );
  expect(heard).toEqual([
    { what: 'text that is no JSON', seq: null },
    { what: 'text that is no JSON', seq: null },
    { what: 'text that is no JSON', seq: null },
    { what: 'no act', seq: null },
    { what: 'act "x"', seq: null },
    { what: 'act "socket"', seq: 8 },
    { what: 'act "NODE_x"', seq: null },
  ]);
});

test('a program without an agent says nothing but "ready"', () => {
  const { heard, say } = child({ agent: false });
  say(`"ready"\n${line(up({ act: 'quiet' }))}${line({ cmd: 'NODE_CLUSTER', act: 'online', seq: 0 })}`);
  expect(heard).toEqual(['ready', { what: 'act "quiet"', seq: null }]);
});

test('an acknowledgement that Node does not wait for', () => {
  const { heard, say, fake } = child();
  say(line({ cmd: 'NODE_HANDLE_ACK' }));
  expect(heard).toEqual([{ what: 'act "NODE_HANDLE_ACK"', seq: null }]);
  fake._handleQueue = [];
  say(line({ cmd: 'NODE_HANDLE_ACK', more: 1 }));
  expect(heard.slice(1)).toEqual([{ node: { cmd: 'NODE_HANDLE_ACK' } }]);
});

test('handles: those that are spoken of go on, all others are closed', () => {
  const { heard, sent, say, handle } = child();
  const handles = Array.from({ length: 5 }, () => ({ close: vi.fn() }));
  const wrap = (type: string, msg: object): string => line({ cmd: 'NODE_HANDLE', type, msg });
  say('{"a":1}\n', handles[0]);
  say(wrap('net.Native', up({ act: 'copy', key: 'socket 1', slot: -1 })), handles[1]);
  say(wrap('net.Server', up({ act: 'copy', key: 'socket 1', slot: -1 })), handles[2]);
  say(wrap('net.Native', { a: 1 }), handles[3]);
  say(wrap('net.Native', {}));
  say('"x"\n', handles[4]);
  handle.onread.call(handle, undefined);
  expect(handles.map(({ close }) => close.mock.calls.length)).toEqual([1, 0, 1, 1, 1]);
  expect(heard).toEqual([
    { unheard: null },
    { message: up({ act: 'copy', key: 'socket 1', slot: -1 }), came: handles[1] },
    'end',
  ]);
  const ack = { cmd: 'NODE_HANDLE_ACK' };
  expect(sent).toEqual([ack, ack, ack, { cmd: 'NODE_HANDLE_NACK' }]);
});

test("node:cluster's messages", () => {
  const query = {
    cmd: 'NODE_CLUSTER',
    act: 'queryServer',
    seq: 1,
    address: null,
    port: 1,
    addressType: 4,
    flags: 0,
    index: 0,
  };
  const good = child();
  const leaves = { cmd: 'NODE_CLUSTER', act: 'exitedAfterDisconnect', seq: 1 };
  good.say(line(leaves));
  expect(good.heard).toEqual([{ node: leaves }]);
  const bad = child();
  bad.say(line(query));
  expect(bad.heard).toEqual([{ what: 'act "queryServer"', seq: null }]);
  expect(bad.sent).toMatchObject([{ ack: 1, errno: -22 }]);
});

test('too much is told once, and read slowly from then on; only its drain is heard', () => {
  vi.useFakeTimers();
  const { heard, handle, say } = child();
  say(line(up({ act: 'quiet' })).repeat(6000));
  expect(heard.filter((one) => one === 'flooded')).toHaveLength(1);
  expect(handle.readStop).toHaveBeenCalledTimes(1);
  const before = heard.length;
  say(`"ready"\n${line(up({ act: 'open', key: 'socket 1', open: 1 }))}${line(up({ act: 'drained' }))}`);
  expect(heard.slice(before)).toEqual([up({ act: 'drained' })]);
  vi.advanceTimersByTime(250);
  expect(handle.readStart).toHaveBeenCalled();
  vi.useRealTimers();
});

test('answers to what it is sent are not too much', () => {
  const { heard, say, fake } = child();
  const took = line(up({ act: 'took', key: 'socket 1', seq: 1, accepted: true }));
  for (let i = 0; i < 60; i++) {
    for (let j = 0; j < 1000; j++) fake.send({});
    say(took.repeat(1000));
  }
  expect(heard.filter((one) => one === 'flooded')).toEqual([]);
});

test('a line that is too long is left out, however it comes', () => {
  const lines = new MessageLines();
  const long = 'x'.repeat(LONGEST_LINE);
  expect([...lines.add(Buffer.from(`a\n${long}\n${long}x\nb\nc`))]).toEqual(['a', long, 'b']);
  for (let i = 0; i < 100; i++) expect([...lines.add(Buffer.from(long))]).toEqual([]);
  expect([...lines.add(Buffer.from('\nd\n'))]).toEqual(['d']);
});

test('a bucket', () => {
  let now = 0;
  const bucket = new Bucket(10, 2, () => now);
  expect([bucket.take(8), bucket.take(3), bucket.take(2)]).toEqual([true, false, true]);
  now = 1000;
  expect([bucket.take(3), bucket.take(2)]).toEqual([false, true]);
  now = 100_000;
  expect([bucket.take(11), bucket.take(10)]).toEqual([false, true]);
  bucket.give(5);
  expect(bucket.take(5)).toBe(true);
});
