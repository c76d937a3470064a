/**
 * Asks the app of this very worker for a path, through its own server and handler. A request to its port could be
 * answered by any other worker, and would queue behind what they have not accepted yet.
 */
import type http2 from 'node:http2';
import type net from 'node:net';
import type { Duplex } from 'node:stream';
import type { ProbeOutcome } from '../model/protocol.ts';
import { connectionTo, LOOPBACK, portOf } from './probe-socket.cts';

const USER_AGENT = 'cluster-up-probe';
/** The head of an answer is longer than this only by mistake. */
const LONGEST_HEAD = 64 * 1024;

/** Sockets and HTTP/2 sessions that are ours, so that nobody counts them as the clients'. */
const ours = new WeakSet();

/** Whether a socket or an HTTP/2 session belongs to a probe. */
export function isProbe(connection: object | null | undefined): boolean {
  return connection != null && ours.has(connection);
}

/**
 * @param servers that listen, in the order in which they began to.
 * @param port the one that the app is known by; where no server has it, the first HTTP server is asked.
 * @param timeout for the whole, in ms.
 * @param done called once, as soon as the status is known; the answer is then read to its end, so that the app sees
 *   a client like any other.
 */
export function probe(
  servers: Iterable<net.Server>,
  port: number | null,
  path: string,
  timeout: number,
  done: (outcome: ProbeOutcome) => void,
): void {
  const server = choose(servers, port);
  if (server === null) return done('no-server');
  const isTls = has(server, 'setSecureContext');
  const isHttp2 = has(server, 'updateSettings');
  const { near, far } = connectionTo(server, isTls ? (isHttp2 ? 'h2' : 'http/1.1') : null);
  ours.add(far);
  let isSettled = false;
  const settle = (outcome: ProbeOutcome): void => {
    if (isSettled) return;
    isSettled = true;
    done(outcome);
  };
  const timer = setTimeout(() => {
    settle('timeout');
    near.destroy();
  }, timeout).unref();
  near.once('close', () => {
    clearTimeout(timer);
    settle('closed');
  });
  const host = `localhost${portOf(server) === null ? '' : `:${portOf(server) ?? ''}`}`;
  const connect = (): boolean => server.emit(isTls ? 'secureConnection' : 'connection', far);
  if (isHttp2) askHttp2(server, near, connect, `${isTls ? 'https' : 'http'}://${host}`, path, settle);
  else askHttp1(near, connect, host, path, settle);
}

/** By what they can do: to ask for the classes would load modules that the app may have no use for. */
function choose(servers: Iterable<net.Server>, port: number | null): net.Server | null {
  const candidates = [...servers].filter(
    (server) => has(server, 'closeIdleConnections') || has(server, 'updateSettings'),
  );
  return candidates.find((server) => port !== null && portOf(server) === port) ?? candidates[0] ?? null;
}

function has(server: net.Server, method: string): boolean {
  return typeof (server as unknown as Record<string, unknown>)[method] === 'function';
}

function askHttp1(
  near: Duplex,
  connect: () => void,
  host: string,
  path: string,
  settle: (outcome: ProbeOutcome) => void,
): void {
  let head = '';
  near.on('data', (chunk: Buffer) => {
    if (head.length > LONGEST_HEAD) return;
    head += chunk.toString('latin1');
    const status = statusOf(head);
    if (status === null) return;
    head = ' '.repeat(LONGEST_HEAD + 1);
    settle(status);
  });
  near.on('end', () => near.end());
  connect();
  near.write(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${USER_AGENT}\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
  );
}

/** Of the first answer that is not a provisional one (1xx); null while it is not there yet. */
function statusOf(text: string): number | null {
  for (const [, status] of text.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)) {
    if (!status?.startsWith('1')) return Number(status);
  }
  return null;
}

function askHttp2(
  server: net.Server,
  near: Duplex,
  connect: () => void,
  authority: string,
  path: string,
  settle: (outcome: ProbeOutcome) => void,
): void {
  // The app has loaded it already.
  const { connect: open } = require('node:http2') as typeof http2;
  const client = open(authority, { createConnection: () => near });
  const mark = (session: http2.ServerHttp2Session): void => {
    ours.add(session);
    dress(session, authority.startsWith('https:'));
  };
  server.prependOnceListener('session', mark);
  connect();
  server.off('session', mark);
  client.on('error', () => near.destroy());
  const stream = client.request({ ':path': path, 'user-agent': USER_AGENT, accept: '*/*' });
  stream.on('response', (headers) => settle(headers[':status'] ?? 'closed'));
  stream.on('error', () => near.destroy());
  stream.on('close', () => client.close());
  stream.resume();
  stream.end();
}

/** Node wraps a connection like ours once more; what apps ask of `request.socket` has to be there on the outside, too. */
function dress(session: http2.ServerHttp2Session, isTls: boolean): void {
  const socket = session.socket as unknown as Record<string, unknown>;
  if (isTls) socket['encrypted'] = true;
  // What the getters of `remoteAddress` and its kind look at.
  socket['_getpeername'] = () => ({ address: LOOPBACK, family: 'IPv4', port: 0 });
}
