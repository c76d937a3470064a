/** Requests to the apps under test. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { until } from './until.ts';

/** Where an app listens. */
export type Address = { readonly port: number; readonly host?: string } | { readonly socketPath: string };

export interface LoadStats {
  readonly requests: number;
  readonly ok: number;
  readonly failed: number;
  /** The first 20 of them. */
  readonly failures: readonly string[];
  /** When the first 1,000 of them failed, as ms since the epoch. */
  readonly failedAt: readonly number[];
  /** Longest time without a success, in ms. */
  readonly worstGap: number;
  readonly worstLatency: number;
  /** How often each body came. */
  readonly answers: Readonly<Record<string, number>>;
}

export interface LoadOptions {
  /** Connections that are kept alive. */
  readonly keepAlive?: number;
  /** Lanes of requests that each take a new connection. */
  readonly fresh?: number;
  /** Requests a second, all lanes together. */
  readonly rate?: number;
  readonly path?: string;
  /** The client's own address. */
  readonly localAddress?: string;
}

export interface Load {
  readonly stats: () => LoadStats;
  /** Waits until this many more requests have succeeded. */
  readonly more: (requests: number) => Promise<void>;
  /** Waits until a body that matches has come `times` more often than now. */
  readonly answered: (pattern: RegExp, times?: number) => Promise<void>;
  /** Waits until so many requests have ended in all, lets what is in flight end, and tells the whole. */
  readonly stop: (atLeast?: number) => Promise<LoadStats>;
}

const NOTHING: LoadStats = {
  requests: 0,
  ok: 0,
  failed: 0,
  failures: [],
  failedAt: [],
  worstGap: 0,
  worstLatency: 0,
  answers: {},
};

/** Starts a load on a port or a unix socket of this machine, and waits for its first answers. */
export async function load(where: number | string, options: LoadOptions = {}): Promise<Load> {
  const { keepAlive = 6, fresh = 6, rate = 1000, path: url = '/', localAddress } = options;
  const at = typeof where === 'string' ? { socketPath: where } : { host: '127.0.0.1', port: where };
  const to = { ...at, path: url, localAddress };
  const child = fork(
    path.join(import.meta.dirname, 'load-client.js'),
    [JSON.stringify({ to, keepAlive, fresh, rate, timeout: 15_000 })],
    { execArgv: [], env: {} },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let stats = NOTHING;
  let done = false;
  child.on('message', (message) => {
    const report = message as LoadStats & { done?: true };
    stats = report;
    done = report.done === true;
  });
  const matching = (pattern: RegExp): number =>
    Object.entries(stats.answers).reduce((sum, [body, times]) => sum + (pattern.test(body) ? times : 0), 0);
  const started: Load = {
    stats: () => stats,
    more: async (requests) => {
      const wanted = stats.ok + requests;
      await until(
        () => `${wanted} answers: ${JSON.stringify(stats)}`,
        () => stats.ok >= wanted,
      );
    },
    answered: async (pattern, times = 1) => {
      const wanted = matching(pattern) + times;
      await until(
        () => `${times} answers like ${String(pattern)}: ${JSON.stringify(stats)}`,
        () => matching(pattern) >= wanted,
      );
    },
    stop: async (atLeast = 0) => {
      await until(
        () => `${atLeast} requests: ${JSON.stringify(stats)}`,
        () => stats.ok + stats.failed >= atLeast,
      );
      child.send('stop');
      await until(
        () => `the load ends: ${JSON.stringify(stats)}`,
        () => done,
      );
      return stats;
    },
  };
  await started.more(10);
  return started;
}

/** Every request of the load succeeded. */
export function expectNoFailure(stats: LoadStats): void {
  expect(stats.failures).toEqual([]);
  expect(stats.failed).toBe(0);
  expect(stats.ok).toBe(stats.requests);
}

/**
 * Failures of another kind than those of requests whose worker dies: it resets their connections, or has closed its end
 * of them before the request came.
 */
export function notCut({ failures }: LoadStats): string[] {
  return failures.filter((failure) => !/^(ECONNRESET|EPIPE) /.test(failure));
}

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** One request on a connection of its own, or on one of `agent`. */
export async function get(
  to: Address | number,
  url = '/',
  agent: http.Agent | false = false,
): Promise<Reply> {
  const { end } = await begin(to, url, agent);
  return end;
}

/** Resolves when the answer has begun: from then on the request is in flight in a worker. */
export function begin(
  to: Address | number,
  url = '/',
  agent: http.Agent | false = false,
): Promise<{ end: Promise<Reply> }> {
  const address = typeof to === 'number' ? { host: '127.0.0.1', port: to } : to;
  return new Promise((resolve, reject) => {
    const request = http.get({ ...address, path: url, agent }, (response) => {
      const end = read(response);
      // Whoever awaits it hears of its failure; nobody else has to.
      end.catch(() => {});
      resolve({ end });
    });
    request.on('error', reject);
  });
}

/** Resolves when the request is in flight in a worker; it stays so until `finish` is called, which ends its body. */
export async function upload(port: number): Promise<{ finish: () => Promise<Reply> }> {
  const to = { host: '127.0.0.1', port, path: '/upload', method: 'POST', agent: false as const };
  const request = http.request({ ...to, headers: { Expect: '100-continue' } });
  request.flushHeaders();
  await once(request, 'continue');
  const finish = async (): Promise<Reply> => {
    request.end();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return read(response);
  };
  return { finish };
}

/** Keeps one connection; closed with the test. */
export function keptAlive(): http.Agent {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return agent;
}

/**
 * Resolves once the worker that has the connection of `agent` drains: its first answer after that says that it closes
 * the connection. The supervisor says so a moment before the worker knows.
 */
export function drainHasBegun(port: number, agent: http.Agent): Promise<Reply> {
  return until('an answer that closes the connection', async () => {
    const reply = await get(port, '/', agent);
    return reply.headers.connection === 'close' ? reply : null;
  });
}

export async function getJson<T>(
  to: Address | number,
  url = '/',
  agent: http.Agent | false = false,
): Promise<T> {
  return JSON.parse((await get(to, url, agent)).body) as T;
}

function read(response: http.IncomingMessage): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (body += chunk));
    response.on('error', reject);
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
  });
}
