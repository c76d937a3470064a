/** Workers that fall ill or hang are replaced under a load that never retries, and cost only what they held themselves. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { State } from '../../src/model/state.ts';
import { begin, expectNoFailure, get, getJson, load, type LoadStats } from './support/client.ts';
import { kill } from './support/processes.ts';
import { scene, type Scene } from './support/scene.ts';
import { run, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { pidsBySlot, type Who } from './support/web.ts';

interface Running {
  readonly place: Scene;
  readonly port: number;
  readonly supervisor: Supervisor;
}

/** The app of fixtures/health with these lines. */
async function prepared(...lines: string[]): Promise<Pick<Running, 'place' | 'port'>> {
  const place = scene('health');
  const port = await place.port(8080);
  place.edit((text) => {
    const written = text.replace('# here', lines.join('\n    '));
    return lines.includes('#3') ? written.replace('instances: 2', 'instances: 3') : written;
  });
  return { place, port };
}

async function running(...lines: string[]): Promise<Running> {
  const { place, port } = await prepared(...lines);
  const supervisor = up(place.file);
  await supervisor.converged();
  return { place, port, supervisor };
}

async function ls(place: Scene): Promise<State['apps'][number]> {
  const { out } = await run(['ls', '--json', '--file', place.file]);
  const [app] = (JSON.parse(out) as State).apps;
  if (app === undefined) throw new Error(out);
  return app;
}

/** For the figures of a run. */
function note(what: string, { answers, ...figures }: LoadStats): void {
  const processes = Object.keys(answers).length;
  if (process.env['E2E_FIGURES']) console.log(what, JSON.stringify({ ...figures, processes }));
}

/** What is ill answers 503: nobody fails for being slow on a busy machine. */
const CHECK = 'health_check: { http: /healthz, interval: 200ms, timeout: 5s, failures: 3 }';

describe('health_check', () => {
  test('the worker that falls ill is replaced, and no other: 0 failed requests', async () => {
    const { port, supervisor } = await running(CHECK);
    const clients = await load(port, { rate: 500 });
    const before = await pidsBySlot(port, 2);
    const { slot } = await getJson<Who>(port, '/sick');
    const cause = 'failed its health check 3 times in a row: it answered 503 on /healthz \\(line 8\\)';
    await supervisor.line(new RegExp(`web:${slot} \\(pid ${before[slot]}\\) ${cause}`));
    await supervisor.line(new RegExp(`web:${slot} starting: ${cause}`));
    await supervisor.line(new RegExp(`web:${slot} draining \\(pid ${before[slot]}\\): replaced by`));
    await until('it has gone', () => supervisor.processes().length === 3);
    const after = await pidsBySlot(port, 2);
    expect(after[slot]).not.toBe(before[slot]);
    expect(after[1 - slot]).toBe(before[1 - slot]);
    const stats = await clients.stop(200);
    note('one ill', stats);
    expectNoFailure(stats);
  });

  test('what the app sees is a plain request to each worker from this machine', async () => {
    const { port } = await running(CHECK);
    const seen = new Map<number, Record<string, unknown>>();
    await until('both workers were asked', async () => {
      const asked = await getJson<{ slot: number } | null>(port, '/asked');
      if (asked !== null) seen.set(asked.slot, { ...asked });
      return seen.size === 2;
    });
    for (const slot of [0, 1]) {
      expect(seen.get(slot)).toEqual({
        method: 'GET',
        url: '/healthz',
        httpVersion: '1.1',
        remoteAddress: '127.0.0.1',
        headers: {
          host: `localhost:${port}`,
          'user-agent': 'cluster-up-probe',
          accept: '*/*',
          connection: 'close',
        },
        slot,
      });
    }
  });

  test('a broken dependency takes no worker down, and replaces none for nothing: 0 failed requests', async () => {
    const { place, port, supervisor } = await running(CHECK, '#3');
    const clients = await load(port, { rate: 500 });
    writeFileSync(place.path('.broken'), '');
    // One at a time, as max_surge says; none goes before its successor serves.
    await until('each was replaced once', () => supervisor.count(/draining .*replaced by/) >= 3);
    // The new ones fail, too. They serve on, and are left alone for a while: another try would help nobody.
    await until('the new ones fail', () => supervisor.count(/\(pid \d+\) failed its health check/) >= 6);
    const app = await until('the old ones have gone', async () => {
      const now = await ls(place);
      return now.workers.length === 3 ? now : null;
    });
    expect(app.status).toBe('degraded');
    expect(app.ready).toBe(0);
    expect(app.workers.map(({ status }) => status)).toEqual(['online', 'online', 'online']);
    for (const { reason } of app.workers)
      expect(reason).toMatch(/^failed its health check .* 503 on \/healthz/);
    expect((await run(['ls', '--file', place.file])).out).toContain(
      'web: 0 of 3 workers are ready; one failed',
    );
    // The first of them had failed before the last was there, and would have been replaced at once.
    expect(supervisor.count(/starting: failed its health check/)).toBe(3);
    rmSync(place.path('.broken'));
    await until('all are well', async () => (await ls(place)).status === 'online');
    expect((await ls(place)).ready).toBe(3);
    const stats = await clients.stop(1000);
    note('all ill', stats);
    expectNoFailure(stats);
  });

  test('edits of it touch no worker', async () => {
    const { place, port, supervisor } = await running('# now');
    const before = await pidsBySlot(port, 2);
    let mark = supervisor.mark();
    place.edit((text) => text.replace('# now', `${CHECK}\n    event_loop_timeout: 10s`));
    await supervisor.converged(mark);
    await until('it is asked', async () => (await get(port, '/asked')).body !== 'null');
    mark = supervisor.mark();
    place.edit((text) => text.replace('interval: 200ms', 'interval: 1s').replace('10s', '20s'));
    await supervisor.converged(mark);
    mark = supervisor.mark();
    place.edit((text) => text.replace(/health_check.*/, '').replace(/event_loop_timeout.*/, ''));
    await supervisor.converged(mark);
    expect(await pidsBySlot(port, 2)).toEqual(before);
  });
});

describe('each kind of server is asked in a way that it understands', () => {
  const kinds = [
    ['http', '1.1', false],
    ['https', '1.1', true],
    ['h2c', '2.0', false],
    ['h2', '2.0', true],
    ['h2-http1', '2.0', true],
  ] as const;

  test.each(kinds)('%s', async (kind, httpVersion, encrypted) => {
    const { place } = await prepared('ready: { http: /healthz }', CHECK);
    place.edit((text) =>
      text
        .replace('server.js', 'protocols.js')
        .replace('VERSION: one', `KIND: ${kind}`)
        .replace(': 2', ': 1'),
    );
    const supervisor = up(place.file);
    await supervisor.converged();
    const lines = await until('it was asked five times', () => {
      const asked = readFileSync(place.path('asked'), 'utf8').trim().split('\n');
      return asked.length >= 5 ? asked : undefined;
    });
    const wanted = { url: '/healthz', agent: 'cluster-up-probe', httpVersion, encrypted, from: '127.0.0.1' };
    for (const line of lines) expect(JSON.parse(line)).toEqual(wanted);
    expect(supervisor.count(/failed its health check/)).toBe(0);
    const mark = supervisor.mark();
    place.edit((text) => text.replaceAll('/healthz', '/other'));
    await supervisor.line(/failed its health check 3 times in a row: it answered 404 on \/other/, {
      after: mark,
    });
  });

  test('an app without an HTTP server is told of, and left alone', async () => {
    const place = scene();
    place.write("require('node:net').createServer().listen(0);", 'server.js');
    place.write(`apps: [{ name: tcp, script: ./server.js, exec_mode: cluster, ${CHECK} }]`);
    const supervisor = up(place.file);
    await supervisor.line(/tcp: health_check has nothing to ask: no HTTP server listens in its workers/);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(supervisor.count(/failed|starting: failed/)).toBe(0);
    expect(supervisor.count(/nothing to ask/)).toBe(1);
  });
});

describe('event_loop_timeout', () => {
  test('a worker that hangs is replaced and ended; only what it held itself is lost', async () => {
    const { place, port, supervisor } = await running('event_loop_timeout: 800ms', 'kill_timeout: 500ms');
    const before = await pidsBySlot(port, 2);
    // Its own handler of the signal, which it cannot run any more, must not keep it alive.
    const victim = await begin(port, '/hang');
    const lost = victim.end.then(
      () => 'answered',
      () => 'lost',
    );
    // Whom it accepts in the very turn of its loop in which it begins to hang, it holds, too.
    await until('it hangs', () => existsSync(place.path('hangs')));
    const clients = await load(port, { rate: 300, keepAlive: 0, fresh: 6 });
    const [, slot] = await supervisor.line(
      /web:(\d) \(pid \d+\) has blocked its event loop for too long: event_loop_timeout is 800 ms \(line 8\)/,
    );
    await supervisor.line(new RegExp(`web:${slot} starting: has blocked its event loop`));
    await supervisor.line(
      new RegExp(
        `web:${slot} stopped \\(pid ${before[Number(slot)]}\\): replaced by worker \\d+; its event loop is blocked, so what it was answering is lost`,
      ),
    );
    await until('it has gone', () => supervisor.processes().length === 3);
    expect(await lost).toBe('lost');
    const after = await pidsBySlot(port, 2);
    expect(after[Number(slot)]).not.toBe(before[Number(slot)]);
    expect(after[1 - Number(slot)]).toBe(before[1 - Number(slot)]);
    await clients.more(100);
    const stats = await clients.stop(100);
    note('hang', stats);
    expectNoFailure(stats);
  });

  test('one that hears no signal is killed; one that only pauses is kept', async () => {
    const { place, port, supervisor } = await running('event_loop_timeout: 2s', 'kill_timeout: 300ms');
    const before = await pidsBySlot(port, 2);
    await Promise.all([get(port, '/pause'), get(port, '/pause')]);
    expect(await pidsBySlot(port, 2)).toEqual(before);
    const mark = supervisor.mark();
    place.write(`process.on('SIGINT', () => {});\n${place.read('server.js')}`, 'server.js');
    place.edit((text) => text.replace('VERSION: one', 'VERSION: two'));
    await supervisor.converged(mark);
    const { end } = await begin(port, '/hang');
    await supervisor.line(/killed \(pid \d+\): did not end within 300 ms/);
    await expect(end).rejects.toThrow();
    await until('it has gone', () => supervisor.processes().length === 3);
    expect(supervisor.count(/has blocked its event loop/)).toBe(2);
  });
});

describe('ready: { http }', () => {
  const balances = ['least-connections', 'shared', 'kernel', 'round-robin', 'sticky'];
  test.each(balances)('%s: nobody is sent to a worker that warms up: 0 failed requests', async (balance) => {
    const { place, port, supervisor } = await running('ready: { http: /ready }', `balance: ${balance}`);
    const clients = await load(port, { rate: 500 });
    const mark = supervisor.mark();
    const begun = performance.now();
    place.edit((text) => text.replace('VERSION: one', 'VERSION: two, WARMUP: 700'));
    await supervisor.line(/web:\d ready/, { after: mark });
    expect(performance.now() - begun).toBeGreaterThan(700);
    await supervisor.converged(mark);
    await clients.answered(/"two"/, 20);
    const stats = await clients.stop(500);
    note('warm-up', stats);
    expectNoFailure(stats);
  });

  test('after a crash of the only worker, clients wait until its successor is ready', async () => {
    const { place, port, supervisor } = await running('ready: { http: /ready }');
    let mark = supervisor.mark();
    place.edit((text) => text.replace('instances: 2', 'instances: 1').replace('one', 'two, WARMUP: 700'));
    await supervisor.converged(mark);
    await until('one is left', () => supervisor.processes().length === 2);
    const [pid = 0] = Object.values(await pidsBySlot(port, 1));
    mark = supervisor.mark();
    kill(pid, 'SIGKILL');
    await supervisor.line(/web:0 starting/, { after: mark });
    expect((await get(port)).status).toBe(200);
  });

  test('a version whose check never passes is rolled back, and says what it met: 0 failed requests', async () => {
    const { place, port, supervisor } = await running('ready: { http: /healthz }');
    const before = await pidsBySlot(port, 2);
    const clients = await load(port, { rate: 500 });
    const mark = supervisor.mark();
    place.edit((text) =>
      text.replace('deadline: 20s', 'deadline: 2s').replace('VERSION: one', 'VERSION: bad'),
    );
    await supervisor.line(/rolled back to/, { after: mark });
    await supervisor.line(
      /because a worker did not become ready within 2 s: it answered 503 on \/healthz \d+ times/,
      { after: mark },
    );
    const waited = await run(['up', place.file, '--wait']);
    expect(waited.code).toBe(1);
    expect(waited.all).toMatch(/answered 503 on \/healthz \d+ times/);
    await until('only the old ones are left', () => supervisor.processes().length === 3);
    expect(await pidsBySlot(port, 2)).toEqual(before);
    const stats = await clients.stop(500);
    note('never ready', stats);
    expectNoFailure(stats);
  });
});
