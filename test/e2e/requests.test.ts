/** Counting begins and ends while connections live on: nothing of it stays with them. */
import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type * as Counting from '../../src/agent/requests.cts';
import { root } from './support/runtimes.ts';

// As it is in a worker: built, and CommonJS.
const { Requests } = createRequire(import.meta.url)(
  path.join(root, 'dist/agent/requests.cjs'),
) as typeof Counting;

test('a connection that outlives many countings has no listener more than before', async () => {
  const server = http.createServer((_request, response) => response.end('x')).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const ask = async (): Promise<void> => {
    const { port } = server.address() as AddressInfo;
    const [response] = (await once(http.get({ host: '127.0.0.1', port, agent }), 'response')) as [
      http.IncomingMessage,
    ];
    await once(response.resume(), 'end');
  };
  await ask();
  const [socket] = await connected;
  const before = socket.listenerCount('close');
  for (let i = 0; i < 12; i++) {
    const requests = new Requests([1]);
    await ask();
    expect([requests.begun, requests.inFlight]).toEqual([1, 0]);
    expect(socket.listenerCount('close')).toBe(before + 1);
    requests.stop();
  }
  expect(socket.listenerCount('close')).toBe(before);
});
