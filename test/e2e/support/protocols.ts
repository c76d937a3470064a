/** Clients that never try again, one per protocol that people serve from Node. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lane } from './lanes.ts';

/** A protocol: how the fixture `protocols` is told to serve it, and a lane of its clients. */
export interface Protocol {
  readonly name: string;
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly lane: (to: number | string) => Lane;
}

export const PROTOCOLS: readonly Protocol[] = [
  { name: 'HTTP/1.1 kept alive', script: 'http.js', lane: keepAlive('/slow?ms=20') },
  {
    name: 'HTTP/1.1 with Connection: keep-alive set by the app',
    script: 'http.js',
    lane: keepAlive('/keep?ms=50', 5),
  },
  { name: 'HTTP/1.1 pipelined', script: 'http.js', lane: pipelined },
  { name: 'chunked download', script: 'http.js', lane: httpLane(download) },
  { name: 'chunked upload', script: 'http.js', lane: httpLane(upload) },
  { name: 'requests slower than the reload', script: 'http.js', lane: httpLane(slow) },
  { name: 'Expect: 100-continue', script: 'http.js', lane: httpLane(expectContinue) },
  { name: 'HTTPS', script: 'http.js', env: { TLS: '1' }, lane: keepAlive('/slow?ms=20', 0, true) },
  { name: 'HTTP/2 over TLS', script: 'http2.js', env: { TLS: '1' }, lane: http2Lane('https') },
  { name: 'HTTP/2 without TLS', script: 'http2.js', lane: http2Lane('http') },
  { name: 'TCP, half open', script: 'tcp.js', lane: (to) => ({ once: () => halfOpen(to) }) },
];

/** Where a request goes. */
function target(to: number | string): http.RequestOptions {
  return typeof to === 'string' ? { socketPath: to } : { host: '127.0.0.1', port: to };
}

export function keepAlive(path: string, pause = 0, tls = false): Protocol['lane'] {
  return (to) => {
    const options = { keepAlive: true, maxSockets: 1, rejectUnauthorized: false };
    const agent = tls ? new https.Agent(options) : new http.Agent(options);
    return {
      once: async () => {
        const request = (tls ? https : http).request({ ...target(to), path, agent });
        const body = await answer(request.end());
        if (!/^(one|two|three)$/.test(body)) throw new Error(`answered ${body}`);
        if (pause > 0) await delay(pause);
      },
      close: () => agent.destroy(),
    };
  };
}

/** Each request on a connection of its own. */
function httpLane(begin: (options: http.RequestOptions) => Promise<void>): Protocol['lane'] {
  return (to) => ({ once: () => begin({ ...target(to), agent: false }) });
}

async function slow(options: http.RequestOptions): Promise<void> {
  await answer(http.request({ ...options, path: '/slow?ms=1500' }).end());
}

async function download(options: http.RequestOptions): Promise<void> {
  const body = await answer(http.request({ ...options, path: '/download?ms=400' }).end());
  if (body.length !== 20_000) throw new Error(`${body.length} bytes came`);
}

async function upload(options: http.RequestOptions): Promise<void> {
  const request = http.request({ ...options, path: '/upload', method: 'POST' });
  const done = answer(request);
  for (let i = 0; i < 10; i++) {
    request.write('y'.repeat(500));
    await Promise.race([delay(30), done]);
  }
  request.end();
  if ((await done) !== SENT) throw new Error('something else arrived');
}
const SENT = createHash('sha256').update('y'.repeat(5000)).digest('hex');

async function expectContinue(options: http.RequestOptions): Promise<void> {
  const headers = { Expect: '100-continue', 'Content-Length': 5000 };
  const request = http.request({ ...options, path: '/upload', method: 'POST', headers });
  const done = answer(request);
  request.flushHeaders();
  await Promise.race([once(request, 'continue'), done]);
  // It is told to go on, and takes its time.
  await delay(50);
  request.end('y'.repeat(5000));
  if ((await done) !== SENT) throw new Error('something else arrived');
}

async function answer(request: http.ClientRequest): Promise<string> {
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let body = '';
  response.setEncoding('utf8');
  for await (const chunk of response) body += String(chunk);
  if (response.statusCode !== 200 || !response.complete)
    throw new Error(`status ${response.statusCode ?? 0}`);
  return body;
}

/** Three requests in one packet, again and again on one connection until the last answer says that it closes. */
function pipelined(to: number | string): Lane {
  let socket: net.Socket | null = null;
  const batch = ['/', '/slow?ms=20', '/'].map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join('');
  return {
    once: async () => {
      const used = socket ?? net.connect(target(to) as net.TcpNetConnectOpts);
      socket = null;
      const answers = await exchange(used, batch, 3);
      const closes = answers.map((text) => /^connection: close/im.test(text));
      if (closes[0] || closes[1]) throw new Error('an answer before the last one says close');
      if (closes[2]) used.destroy();
      else socket = used;
    },
    close: () => socket?.destroy(),
  };
}

/** Sends, and resolves with so many answers. */
function exchange(socket: net.Socket, text: string, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const stop = (): void => void socket.removeAllListeners();
    socket.removeAllListeners();
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      const answers = heard.match(/HTTP\/1\.1 200[^]*?\r\n\r\n(one|two|three)/g) ?? [];
      if (answers.length < count) return;
      stop();
      resolve(answers);
    });
    const fail = (error?: Error): void => {
      stop();
      reject(error ?? new Error(`closed after ${JSON.stringify(heard)}`));
    };
    socket.on('error', fail);
    socket.on('end', () => fail());
    socket.on('close', () => fail());
    socket.write(text);
  });
}

/**
 * One session per lane, replaced once it is told to go away. A stream that the server refuses as not processed is no
 * failure: HTTP/2 has it sent again (RFC 9113, 8.7), and no other request is.
 */
function http2Lane(scheme: 'http' | 'https'): Protocol['lane'] {
  return (to) => {
    let session: http2.ClientHttp2Session | null = null;
    const connect = (): http2.ClientHttp2Session => {
      const fresh = http2.connect(`${scheme}://127.0.0.1:${to}`, { rejectUnauthorized: false });
      const drop = (): void => {
        if (session === fresh) session = null;
      };
      for (const event of ['goaway', 'close', 'error']) fresh.once(event, drop);
      return fresh;
    };
    const ask = async (): Promise<void> => {
      session ??= connect();
      const stream = session.request({ ':path': '/?ms=30' });
      stream.setEncoding('utf8');
      let body = '';
      stream.on('data', (chunk: string) => (body += chunk));
      // Its code says what went wrong.
      stream.on('error', () => {});
      await new Promise((resolve) => stream.once('close', resolve));
      if (stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM) return ask();
      if (!/^(one|two|three)$/.test(body)) throw new Error(`answered ${body}, code ${stream.rstCode}`);
    };
    return { once: ask, close: () => session?.destroy() };
  };
}

async function halfOpen(to: number | string): Promise<void> {
  const socket = net.connect(target(to) as net.TcpNetConnectOpts);
  socket.end('hello');
  let heard = '';
  for await (const chunk of socket) heard += String(chunk);
  if (heard !== 'hello\n'.repeat(4)) throw new Error(`heard ${JSON.stringify(heard)}`);
}
