/** Whatever clients send to the control socket or fail to read from it, the apps do not notice. */
import { once } from 'node:events';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connectTo, socketOf } from '../../src/control/find.ts';
import type { Client } from '../../src/control/client.ts';
import { expectNoFailure, load } from './support/client.ts';
import { until } from './support/until.ts';
import { web } from './support/web.ts';

const MESSAGES = [
  'not json\n',
  '{"v":1,"id":1,"op":"state"',
  '{"v":1,"id":1,"op":"nothing"}\n',
  '{"v":99,"id":1,"op":"state"}\n',
  '{"v":1,"id":1,"op":"stop","args":{"app":5}}\n{"v":1,"id":2,"op":"reload","args":{"app":"nobody"}}\n',
  `{"v":1,"id":1,"op":"state","args":{"x":"${'x'.repeat(2000)}"}}\n`,
  '\0\x01\xff\n',
  '\n\n\n[]\n',
];

test('1,000 broken messages, 200 clients at once and readers that stop reading', async () => {
  const { place, port, supervisor } = await web((text) =>
    // Two lines a millisecond, so that there is something not to read.
    text.replace('./server.js', './chatty.js'),
  );
  const client = await connected(place.file);
  const memoryBefore = (await client.call('state', {})).supervisor.memory;
  const clients = await load(port);

  const socket = socketOf(place.file);
  const deaf = Array.from({ length: 5 }, () => deafReader(socket));
  for (let i = 0; i < 1000; i++) await sendAndHangUp(socket, MESSAGES[i % MESSAGES.length] ?? '');
  await sendAndHangUp(socket, `{"v":1,"id":1,"op":"state","args":"${'x'.repeat(3_000_000)}"}\n`);

  const many = await Promise.all(Array.from({ length: 200 }, () => connected(place.file)));
  const states = await Promise.all(many.map((one) => one.call('state', {})));
  expect(states.map(({ converged }) => converged)).toEqual(many.map(() => true));

  await clients.more(500);
  const stats = await clients.stop(500);
  expectNoFailure(stats);
  expect(stats.worstGap).toBeLessThan(1000);
  expect((await client.call('state', {})).supervisor.memory - memoryBefore).toBeLessThan(64e6);
  expect(supervisor.count(/Error|rejected/)).toBe(0);
  for (const reader of deaf) reader.destroy();
});

test('a reader that was too slow is told how much it missed', async () => {
  const { place, supervisor } = await web((text) => text.replace('./server.js', './chatty.js'));
  const reader = deafReader(socketOf(place.file));
  const client = await connected(place.file);
  await client.call('state', {});
  // So many that they fill what the kernel and one buffer of ours hold.
  const mark = supervisor.mark();
  await until('a few megabytes have been written', () => supervisor.mark() > mark + 8000);
  let text = '';
  reader.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-1_000_000)));
  reader.resume();
  await until('it is told', () => /"dropped":\d+/.test(text));
});

async function connected(file: string): Promise<Client> {
  const client = await connectTo(file);
  if (client === null) throw new Error('nobody listens');
  onTestFinished(() => client.close());
  return client;
}

/** Follows the logs and reads nothing of them. */
function deafReader(path: string): net.Socket {
  const socket = net.connect(path);
  onTestFinished(() => {
    socket.destroy();
  });
  const args = { app: null, lines: 1000, follow: true, stream: null, since: null };
  socket.pause();
  socket.write(`${JSON.stringify({ v: 1, id: 1, op: 'logs', args })}\n`);
  return socket;
}

async function sendAndHangUp(path: string, text: string): Promise<void> {
  const socket = net.connect(path);
  socket.on('error', () => {});
  socket.end(text, 'latin1');
  socket.resume();
  await once(socket, 'close');
}
