/** HTTP/2: a session that is told to go away loses none of its streams in flight. */
import { once } from 'node:events';
import http2, { type ClientHttp2Session } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { scene } from './support/scene.ts';
import { up } from './support/supervisor.ts';

function session(port: number): ClientHttp2Session {
  const client = http2.connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => client.destroy());
  return client;
}

async function get(client: ClientHttp2Session, path: string): Promise<string> {
  const stream = client.request({ ':path': path });
  stream.setEncoding('utf8');
  let body = '';
  stream.on('data', (chunk: string) => (body += chunk));
  await once(stream, 'end');
  return body;
}

test('streams in flight finish over a rolling reload, and the next session meets the new revision', async () => {
  const place = scene('http2');
  const port = await place.port(8080);
  const supervisor = up(place.file);
  await supervisor.converged();

  const clients = Array.from({ length: 6 }, () => session(port));
  expect(await Promise.all(clients.map((client) => get(client, '/')))).toEqual(clients.map(() => 'one'));
  const slow = clients.map((client) => get(client, '/slow'));
  const told = clients.map((client) => once(client, 'goaway'));
  const mark = supervisor.mark();
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
  await supervisor.converged(mark);
  await Promise.all(told);
  expect(await Promise.all(slow)).toEqual(clients.map(() => 'one'));
  await Promise.all(clients.map(async (client) => client.destroyed || (await once(client, 'close'))));
  expect(await get(session(port), '/')).toBe('two');
});
