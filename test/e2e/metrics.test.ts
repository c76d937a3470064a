/** The page of metrics: what it says is what has happened, and asking for it disturbs nobody. */
import { Agent, request as httpRequest, type ClientRequest } from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  begin,
  drainHasBegun,
  expectNoFailure,
  get,
  getJson,
  keptAlive,
  load,
  upload,
} from './support/client.ts';
import { background } from './support/command.ts';
import { parse, scrape, type Exposed } from './support/exposition.ts';
import { freePort } from './support/ports.ts';
import { isAlive, kill } from './support/processes.ts';
import { sinceNode } from './support/runtimes.ts';
import { scene } from './support/scene.ts';
import { run, up } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { pidsBySlot, web, type Web, type Who } from './support/web.ts';

const REQUESTS = 'cluster_up_http_requests_total';
const IN_FLIGHT = 'cluster_up_http_requests_in_flight';
const ABORTED = 'cluster_up_http_requests_aborted_total';
const RESTARTS = 'cluster_up_worker_restarts_total';
const ROLLOUTS = 'cluster_up_rollouts_total';
const STALE = 'cluster_up_worker_stale';
const DURATION = 'cluster_up_http_request_duration_seconds';

interface Measured extends Web {
  /** Where the page is. */
  readonly at: number;
}

async function measured(change: (text: string) => string = (text) => text): Promise<Measured> {
  const at = await freePort();
  const started = await web((text) => `metrics: { port: ${at} }\n${change(text)}`);
  await started.supervisor.line(/metrics on http:/);
  return { ...started, at };
}

/** Scrapes until it is so. */
function exposes(at: number, what: string, condition: (page: Exposed) => boolean): Promise<Exposed> {
  let last = '';
  return until(
    () => `${what}:\n${last}`,
    async () => {
      const page = await scrape(at);
      last = page.text;
      return condition(page) ? page : null;
    },
  );
}

describe('what the workers did', () => {
  test('under load and over a rollout it is what the client counted', async () => {
    const { at, port, apply } = await measured();
    const clients = await load(port);
    const before = await scrape(at);
    for (const code of [302, 404, 404, 503]) await get(port, `/status?code=${code}`);
    await apply('VALUE: one', 'VALUE: two');
    await clients.more(200);
    const during = await scrape(at);
    const stats = await clients.stop(300);
    expectNoFailure(stats);
    const page = await exposes(at, 'nothing in flight', ({ sum }) => sum(IN_FLIGHT) === 0);
    const codes = ['1xx', '2xx', '3xx', '4xx', '5xx'].map((code) => page.sum(REQUESTS, { code }));
    expect(codes).toEqual([0, stats.ok, 1, 2, 1]);
    expect(page.sum(`${DURATION}_count`)).toBe(stats.ok + 4);
    expect(page.sum(`${DURATION}_bucket`, { le: '+Inf' })).toBe(stats.ok + 4);
    expect(page.sum(ABORTED)).toBe(0);
    // No one of the requests took longer than the client saw, and together they took some time.
    const worst = page.samples.filter(({ name, value }) => name === `${DURATION}_bucket` && value > 0);
    expect(worst.length).toBeGreaterThan(0);
    expect(page.sum(`${DURATION}_sum`)).toBeGreaterThan(0);
    expect(page.sum(`${DURATION}_sum`)).toBeLessThan((stats.requests * stats.worstLatency) / 1000 + 1);
    // Though the workers were replaced, nothing went backwards.
    for (const [older, newer] of [
      [before, during],
      [during, page],
    ] as const) {
      for (const { name, labels, value } of older.samples)
        if (/_total$|_bucket$|_sum$|_count$/.test(name) && name.startsWith('cluster_up_'))
          expect(newer.sum(name, labels), `${name} ${JSON.stringify(labels)}`).toBeGreaterThanOrEqual(value);
    }
    for (const slot of ['0', '1']) {
      expect(page.sum('cluster_up_worker_cpu_seconds_total', { slot })).toBeGreaterThan(0);
      expect(page.sum('cluster_up_worker_memory_bytes', { slot })).toBeGreaterThan(10e6);
      expect(page.sum('cluster_up_worker_event_loop_active_seconds_total', { slot })).toBeGreaterThan(0);
      expect(page.sum('cluster_up_worker_event_loop_idle_seconds_total', { slot })).toBeGreaterThan(0);
      expect(page.sum(STALE, { slot })).toBe(0);
    }
  });

  test('requests whose clients have gone are counted, and are not in flight for ever', async () => {
    const { at, port } = await measured();
    const hanging = await Promise.all([1, 2, 3].map(() => hang(port)));
    await exposes(at, '3 in flight', ({ sum }) => sum(IN_FLIGHT) === 3);
    for (const request of hanging) request.destroy();
    // Two at once on one connection, of which the second waits for the first.
    const pipelined = net.connect(port, '127.0.0.1');
    pipelined.write('GET /hang HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(pipelined, 'data');
    await exposes(at, '2 in flight', ({ sum }) => sum(IN_FLIGHT) === 2);
    pipelined.destroy();
    const page = await exposes(at, 'none in flight', ({ sum }) => sum(IN_FLIGHT) === 0);
    expect(page.sum(ABORTED)).toBe(5);
    expect(page.sum(REQUESTS)).toBe(0);
  });

  sinceNode('22.17')('requests over HTTP/2 are counted like all others', async () => {
    const place = scene('http2');
    const port = await place.port(8080);
    const at = await freePort();
    place.edit((text) => `metrics: { port: ${at} }\n${text}`);
    const supervisor = up(place.file);
    await supervisor.converged();
    const session = http2.connect(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    for (let i = 0; i < 3; i++) await once(session.request({ ':path': '/' }).resume(), 'close');
    const slow = session.request({ ':path': '/slow' });
    await exposes(at, '1 in flight', ({ sum }) => sum(IN_FLIGHT) === 1);
    slow.close(http2.constants.NGHTTP2_CANCEL);
    const page = await exposes(at, 'none in flight', ({ sum }) => sum(IN_FLIGHT) === 0);
    expect([page.sum(REQUESTS, { code: '2xx' }), page.sum(ABORTED)]).toEqual([3, 1]);
    expect(page.sum(`${DURATION}_count`)).toBe(3);
  });

  test('a blocked worker holds up no page: its last values stand, and are said to be old', async () => {
    const { at, port } = await measured();
    for (let i = 0; i < 10; i++) await get(port);
    const before = await exposes(at, '10 requests', ({ sum }) => sum(REQUESTS) === 10);
    expect(before.sum(STALE)).toBe(0);
    const { end } = await begin(port, '/block?ms=2500');
    const pages = await until('a worker is said to be blocked', async () => {
      const begun = performance.now();
      const bodies = await Promise.all(Array.from({ length: 20 }, () => get(at, '/metrics')));
      expect(performance.now() - begun).toBeLessThan(1500);
      return bodies.every(({ body }) => parse(body).sum(STALE) === 1) ? bodies : null;
    });
    // They asked while one page was being made, and all of them got that one.
    expect(new Set(pages.map(({ body }) => body)).size).toBe(1);
    const stale = parse(pages[0]?.body ?? '');
    expect(stale.sum(REQUESTS)).toBe(10);
    await end;
    const after = await exposes(at, 'it answers again', ({ sum }) => sum(STALE) === 0);
    expect(after.sum(REQUESTS)).toBe(11);
    const { sum } = await exposes(at, 'the delay is of this time again', ({ sum }) => {
      return sum('cluster_up_worker_event_loop_delay_seconds', { quantile: '1' }) < 1;
    });
    expect(sum('cluster_up_worker_event_loop_active_seconds_total')).toBeGreaterThan(2.4);
  });
});

describe('what happened to the apps', () => {
  test('restarts by reason; what a worker counted before it ended by itself is not lost', async () => {
    const { at, port } = await measured();
    for (let i = 0; i < 5; i++) await get(port);
    await get(port, '/exit?code=3');
    await exposes(at, 'an exit', ({ sum }) => sum(RESTARTS, { reason: 'exit' }) === 1);
    const pids = await pidsBySlot(port, 2);
    const page = await scrape(at);
    // Asking who they are took requests of its own.
    expect(page.sum(REQUESTS)).toBeGreaterThanOrEqual(6 + 2);
    kill(pids[0] ?? 0, 'SIGKILL');
    const killed = await exposes(at, 'a signal', ({ sum }) => sum(RESTARTS, { reason: 'signal' }) === 1);
    expect(killed.sum(RESTARTS)).toBe(2);
    expect(killed.sum('cluster_up_app_workers_desired')).toBe(2);
    await exposes(
      at,
      'both are back',
      ({ sum }) => sum('cluster_up_app_workers', { status: 'online' }) === 2,
    );
  });

  test('what became of requests while their workers drained', async () => {
    const { at, port, edit } = await measured(
      (text) => `${text.replace('instances: 2', 'instances: 1')}    drain_timeout: 2s\n`,
    );
    const agent = keptAlive();
    await get(port, '/', agent);
    const slow = await upload(port);
    await begin(port, '/hang');
    edit('VALUE: one', 'VALUE: two');
    await drainHasBegun(port, agent);
    await slow.finish();
    const page = await exposes(
      at,
      'a request that was cut off',
      ({ sum }) => sum('cluster_up_drain_requests_total', { result: 'cut_off' }) === 1,
    );
    expect(page.sum('cluster_up_drain_requests_total', { result: 'finished' })).toBe(2);
    expect(page.sum('cluster_up_drain_requests_total', { result: 'aborted' })).toBe(0);
    expect(page.sum('cluster_up_drain_idle_connections_closed_total')).toBe(0);
  });

  test('rollouts by result, after a good edit and a bad one; a slot that is gone is not shown', async () => {
    const { at, port, apply, edit, supervisor } = await measured();
    await exposes(at, 'the start', ({ sum }) => sum(ROLLOUTS, { result: 'complete' }) === 1);
    await apply('VALUE: one', 'VALUE: two');
    await exposes(at, 'the good one', ({ sum }) => sum(ROLLOUTS, { result: 'complete' }) === 2);
    await supervisor.line(/rolled back/, { after: edit('./server.js', './throws.js') });
    const page = await exposes(
      at,
      'the bad one',
      ({ sum }) => sum(ROLLOUTS, { result: 'rolled_back' }) === 1,
    );
    expect(page.sum(RESTARTS, { reason: 'exit' })).toBeGreaterThanOrEqual(2);
    expect(page.sum('cluster_up_app_rolling')).toBe(0);
    await apply('./throws.js', './server.js');
    await apply('instances: 2', 'instances: 1');
    const one = await exposes(at, 'one slot', ({ sum }) => Number.isNaN(sum(STALE, { slot: '1' })));
    expect(one.samples.filter(({ labels }) => labels['slot'] === '1')).toEqual([]);
    expect((await getJson<Who>(port)).value).toBe('two');
  });
});

describe('where it is served', () => {
  test('only this machine can read it, and only this', async () => {
    const { at } = await measured();
    for (const host of ['127.0.0.2', '::1']) {
      await expect(get({ port: at, host }, '/metrics')).rejects.toThrow(/ECONNREFUSED|EADDRNOTAVAIL/);
    }
    expect((await get(at, '/')).status).toBe(404);
    expect((await get(at, '/metrics/')).status).toBe(404);
    expect((await get(at, '/metrics?name=x')).status).toBe(200);
    const post = httpRequest({ host: '127.0.0.1', port: at, path: '/metrics', method: 'POST' }).end('x');
    const [answer] = (await once(post, 'response')) as [{ statusCode: number; headers: { allow?: string } }];
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET']);
    const agent = new Agent();
    const headers = { a: 'x'.repeat(9000) };
    const long = httpRequest({ host: '127.0.0.1', port: at, path: '/metrics', headers, agent }).end();
    const [refused] = (await once(long, 'response')) as [{ statusCode: number }];
    expect(refused.statusCode).toBe(431);
    // Whoever sends half a request is not waited for.
    const idle = net.connect(at, '127.0.0.1').on('error', () => {});
    idle.write('GET /metrics HTTP/1.1\r\n');
    await once(idle.resume(), 'close');
  });

  test('an edit starts it, moves it and stops it, and no worker is touched', async () => {
    const [first, second] = [await freePort(), await freePort()];
    const { port, place, supervisor } = await web();
    const pids = await pidsBySlot(port, 2);
    const change = async (metrics: string, said: RegExp | null): Promise<void> => {
      const mark = supervisor.mark();
      place.edit((text) => `${metrics}${text.replace(/^metrics.*\n/, '')}`);
      await supervisor.converged(mark);
      if (said !== null) await supervisor.line(said, { after: mark });
    };
    await change(`metrics: { port: ${first} }\n`, new RegExp(`metrics on http://127.0.0.1:${first}/metrics`));
    // What came before was not counted.
    expect(parse((await get(first, '/metrics')).body).sum(REQUESTS)).toBe(0);
    for (let i = 0; i < 5; i++) await get(port);
    await exposes(first, 'requests', ({ sum }) => sum(REQUESTS) === 5);
    await change(`metrics: { port: ${second}, host: "::1" }\n`, /metrics on http:\/\/\[::1\]:/);
    const moved = parse((await get({ port: second, host: '::1' }, '/metrics')).body);
    expect(moved.sum(REQUESTS)).toBe(5);
    await expect(get(first, '/metrics')).rejects.toThrow('ECONNREFUSED');
    await change('', null);
    await until('it is closed', () =>
      get({ port: second, host: '::1' }, '/metrics').then(
        () => false,
        () => true,
      ),
    );
    expect(await pidsBySlot(port, 2)).toEqual(pids);
    await change(`metrics: { port: ${first} }\n`, /metrics on http/);
    expect(parse((await get(first, '/metrics')).body).sum(REQUESTS)).toBe(0);
  });

  test('a port that is taken costs the page alone, and is tried again', async () => {
    const taken = net.createServer();
    const at = await freePort();
    taken.listen(at, '127.0.0.1');
    await once(taken, 'listening');
    const { supervisor, port } = await web((text) => `metrics: { port: ${at} }\n${text}`);
    await supervisor.line(
      new RegExp(
        `metrics: port ${at} is taken by pid ${process.pid} .*change .metrics.port.; the apps run on`,
      ),
    );
    expect((await getJson<Who>(port)).value).toBe('one');
    taken.close();
    await supervisor.line(/metrics on http/);
    await exposes(at, 'a page', ({ sum }) => sum('cluster_up_converged') === 1);
    expect(supervisor.count(/is taken/)).toBe(1);
  });

  test('an address of another machine', async () => {
    const { supervisor } = await web((text) => `metrics: { port: 9464, host: 192.0.2.1 }\n${text}`);
    await supervisor.line(/metrics: "192.0.2.1" is no address of this machine: change `metrics.host`/);
  });
});

describe('cluster-up metrics', () => {
  test('prints the page without a port, and has the workers count from then on', async () => {
    const { command, place, port, pids } = await background();
    await get(port);
    const first = await command('metrics');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(parse(`${first.out}\n`).sum('cluster_up_app_workers', { app: 'web', status: 'online' })).toBe(2);
    for (let i = 0; i < 7; i++) await get(port);
    const second = await run(['metrics', place.file], { inBackground: true });
    const page = parse(`${second.out}\n`);
    expect(page.sum(REQUESTS, { code: '2xx' })).toBe(7);
    expect(page.types.get(DURATION)).toBe('histogram');
    expect((await pids()).every(isAlive)).toBe(true);
    expect((await command('down')).code).toBe(0);
    const none = await command('metrics');
    expect(none).toMatchObject({ code: 1, out: '' });
    expect(none.err).toContain('nothing runs');
  });
});

/** A request whose answer has begun and never ends. */
function hang(port: number): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path: '/hang', agent: false }, (response) => {
      response.on('error', () => {});
      resolve(request);
    });
    request.on('error', reject);
    request.end();
  });
}
