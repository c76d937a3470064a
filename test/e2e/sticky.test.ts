/** `balance: sticky`: the connections of one client address all reach the same slot. */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { expect, onTestFinished, test } from 'vitest';
import { expectNoFailure, getJson, load } from './support/client.ts';
import type { Who } from './support/long-lived.ts';
import { kill } from './support/processes.ts';
import { root } from './support/runtimes.ts';
import { scene, type Scene } from './support/scene.ts';
import { gone, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

interface Started {
  readonly place: Scene;
  readonly port: number;
  readonly supervisor: Supervisor;
}

async function started(change: (text: string) => string = (text) => text): Promise<Started> {
  const place = scene('balance');
  const port = await place.port(8080);
  place.edit((text) => change(text.replace('balance: auto', 'balance: sticky')));
  const supervisor = up(place.file);
  await supervisor.converged();
  return { place, port, supervisor };
}

const addresses = Array.from({ length: 16 }, (_, i) => `127.0.2.${i + 1}`);

/** One request on a connection of its own, from `address`. */
function from(address: string, port: number): Promise<Who> {
  const agent = new http.Agent({ localAddress: address });
  return getJson<Who>(port, '/', agent);
}

async function slots(port: number): Promise<Map<string, number>> {
  const all = await Promise.all(addresses.map((address) => from(address, port)));
  return new Map(addresses.map((address, i) => [address, all[i]?.slot ?? -1]));
}

test('an address keeps its slot, through a reload under load', async () => {
  const { place, port, supervisor } = await started();
  const before = await slots(port);
  expect(new Set(before.values()).size).toBeGreaterThan(2);
  for (let i = 0; i < 3; i++) expect(await slots(port)).toEqual(before);
  const clients = await Promise.all(
    addresses
      .slice(0, 3)
      .map((localAddress) => load(port, { keepAlive: 2, fresh: 4, rate: 250, localAddress })),
  );
  for (const value of ['two', 'three']) {
    const mark = supervisor.mark();
    place.edit((text) => text.replace(/VALUE: \w+/, `VALUE: ${value}`));
    await supervisor.converged(mark);
    for (const client of clients) await client.answered(new RegExp(`"${value}"`));
  }
  for (const client of clients) expectNoFailure(await client.stop(100));
  expect(await slots(port)).toEqual(before);
});

test('kill -9 of a worker: its clients go to a neighbour and come back; no other client notices', async () => {
  const { port, supervisor } = await started((text) =>
    text.replace('drain_timeout', 'restart_delay: 1s\n    drain_timeout'),
  );
  const before = await slots(port);
  const [victim = ''] = addresses;
  const other = addresses.find((address) => before.get(address) !== before.get(victim)) ?? '';
  const clients = await load(port, { localAddress: other, rate: 300 });
  const { pid, slot } = await from(victim, port);
  const mark = supervisor.mark();
  kill(pid, 'SIGKILL');
  await gone([pid]);
  const neighbour = await from(victim, port);
  expect(neighbour.slot).not.toBe(slot);
  await supervisor.line(/web:\d ready/, { after: mark });
  await until('it is back in its slot', async () => (await from(victim, port)).slot === slot);
  await clients.more(100);
  expectNoFailure(await clients.stop(100));
  expect(await slots(port)).toEqual(before);
});

test('the only worker is killed: who comes meanwhile waits for the next one', async () => {
  const { port, supervisor } = await started((text) => text.replace('instances: 4', 'instances: 1'));
  const { pid } = await from('127.0.2.1', port);
  const mark = supervisor.mark();
  process.kill(pid, 'SIGSTOP');
  // Accepted by the supervisor, and never taken by this worker.
  const sockets = addresses.map((address) => net.connect({ port, host: '127.0.0.1', localAddress: address }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.destroy();
  const waiting = addresses.map((address) => from(address, port));
  kill(pid, 'SIGKILL');
  const answers = await Promise.all(waiting);
  await supervisor.line(/web:\d ready/, { after: mark });
  expect(answers.every((who) => who.pid !== pid)).toBe(true);
});

test('Socket.IO with long polling: sessions hold, and are back after a reload', async () => {
  const { place, port, supervisor } = await started((text) =>
    text.replace('env: {', `env: { SOCKET_IO: 1, NODE_PATH: ${path.join(root, 'node_modules')},`),
  );
  const trouble: string[] = [];
  const clients = addresses.slice(0, 8).map((address) => connect(port, address, trouble));
  await until('all are connected', () => clients.every(({ connected }) => connected));
  for (let i = 0; i < 5; i++) await Promise.all(clients.map((client) => echo(client, `before ${i}`)));
  // Polls that reach another worker than the one of their session are answered with status 400.
  expect(trouble).toEqual([]);
  const mark = supervisor.mark();
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
  await supervisor.converged(mark);
  await until('all are with the new workers', async () => {
    const all = await Promise.all(clients.map((client) => echo(client, 'after')));
    return all.every(({ value }) => value === 'two');
  });
  trouble.length = 0;
  for (let i = 0; i < 5; i++) await Promise.all(clients.map((client) => echo(client, `after ${i}`)));
  expect(trouble).toEqual([]);
});

/** A client that takes a new connection for each poll. */
function connect(port: number, localAddress: string, trouble: string[]): Socket {
  const agent = new http.Agent({ localAddress, keepAlive: false });
  const client = io(`http://127.0.0.1:${port}`, {
    transports: ['polling'],
    agent: agent as never,
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
  });
  client.on('connect_error', (error) => trouble.push(`${localAddress}: ${error.message}`));
  client.on('disconnect', (reason) => trouble.push(`${localAddress}: ${reason}`));
  onTestFinished(() => void client.disconnect());
  return client;
}

/** Asked again on another session where one ends before it has answered. */
async function echo(client: Socket, text: string): Promise<Who> {
  for (;;) {
    try {
      const answer = (await client.timeout(1000).emitWithAck('echo', text)) as Who & { text: string };
      expect(answer.text).toBe(text);
      return answer;
    } catch (error) {
      if (client.connected && !String(error).includes('timed out')) throw error;
    }
  }
}
