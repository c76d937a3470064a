import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { begunHeads } from '../../src/agent/begun-heads.cts';
import { Ledger } from '../../src/agent/ledger.cts';

const HEAD = 'GET / HTTP/1.1\r\nHost: x\r\n';
const server = http.createServer((_request, response) => response.end('x'));
const clients: net.Socket[] = [];

afterEach(() => {
  for (const client of clients) client.destroy();
  server.close();
});

/** A connection, and the server's end of it. */
async function connect(): Promise<{ client: net.Socket; socket: net.Socket }> {
  const { port } = server.address() as net.AddressInfo;
  const client = net.connect(port, '127.0.0.1');
  clients.push(client);
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  return { client, socket };
}

/** The server has read all of it. */
async function say(client: net.Socket, socket: net.Socket, text: string): Promise<void> {
  const before = socket.bytesRead;
  client.write(text);
  while (socket.bytesRead < before + text.length) await new Promise(setImmediate);
}

test('a head that has begun is told from silence, and from connections that wait for their next request', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [silent, fresh, kept, again] = [await connect(), await connect(), await connect(), await connect()];
  await say(fresh.client, fresh.socket, HEAD);
  for (const { client, socket } of [kept, again]) {
    const answered = once(client, 'data');
    await say(client, socket, `${HEAD}\r\n`);
    await answered;
  }
  await say(again.client, again.socket, HEAD);
  const carried = new Map([
    [kept.socket, []],
    [again.socket, []],
  ]);
  const begun = begunHeads([server], carried);
  expect(new Set(begun)).toEqual(new Set([fresh.socket, again.socket]));
  expect(begun).not.toContain(silent.socket);
});

test('it is a request that was cut off, unless its connection has carried one during the drain', () => {
  const [a, b] = [{}, {}];
  const ledger = new Ledger(3, [], () => 'GET /');
  expect(ledger.close([a, b])).toMatchObject({
    inFlight: 0,
    arrived: 2,
    cutOff: 2,
    closedIdle: 1,
    cut: [{ request: 'a request whose head had not come in full', times: 2 }],
  });
  expect(ledger.close([])).toMatchObject({ arrived: 0, cutOff: 0, closedIdle: 3 });
});
