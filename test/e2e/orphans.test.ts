/** The supervisor is killed: its workers serve on, and the next supervisor takes over from them. */
import dgram from 'node:dgram';
import { existsSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { begin, expectNoFailure, get, load } from './support/client.ts';
import { isAlive, kill } from './support/processes.ts';
import { freePort } from './support/ports.ts';
import { scene } from './support/scene.ts';
import { gone, run, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { pidsBySlot, web } from './support/web.ts';

describe('the next supervisor takes over without a failed request', () => {
  test.each([
    ['with the same file', 'auto', 'one'],
    ['with another one', 'auto', 'two'],
    ['with a socket for each worker', 'kernel', 'two'],
  ])('%s', async (_what, balance, value) => {
    const { port, place, supervisor } = await web((text) =>
      text.replace('instances: 2', `instances: 4\n    balance: ${balance}`),
    );
    const pids = Object.values(await pidsBySlot(port, 4));
    const clients = await load(port, { rate: 500 });
    await killed(supervisor);
    await clients.more(400);
    if (value !== 'one') place.edit((text) => text.replace('VALUE: one', `VALUE: ${value}`));
    const next = up(place.file);
    await next.line(/took over 4 workers of a supervisor that had died/);
    await next.converged();
    await gone(pids);
    await until('each says what its drain came to', () => next.count(/web:\d \(pid \d+\) drained: /) === 4);
    await clients.answered(new RegExp(`"${value}"`), 200);
    expectNoFailure(await clients.stop(800));
    await ended(next);
    await expect(get(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('at once, while a worker hangs and has not noticed yet', async () => {
    const { port, place, supervisor } = await web();
    const { end } = await begin(port, '/block?ms=1500');
    await supervisor.line(/blocks/);
    await killed(supervisor);
    const next = up(place.file);
    await next.line(/took over 2 workers/);
    await next.converged();
    expect((await end).status).toBe(200);
  });

  test('on a unix socket, whose file goes with the last supervisor', async () => {
    const place = scene('web');
    const socketPath = place.path('web.sock');
    place.edit((text) => text.replace('8080', socketPath));
    const first = up(place.file);
    await first.converged();
    let answers = 0;
    const over = new AbortController();
    const clients = (async () => {
      for (; !over.signal.aborted; answers++) expect((await get({ socketPath })).status).toBe(200);
    })();
    const more = (): Promise<unknown> => moreThan(() => answers, 100);
    await killed(first);
    await more();
    const next = up(place.file);
    await next.line(/took over 2 workers/);
    await next.converged();
    await gone(workersOf(first));
    await more();
    over.abort();
    await clients;
    await ended(next);
    expect(existsSync(socketPath)).toBe(false);
  });

  test('of datagrams', async () => {
    const place = scene('sockets');
    const port = await place.port(8080);
    place.edit((text) => text.replace('./app.js', './udp.js'));
    const first = up(place.file);
    await first.converged();
    const client = dgram.createSocket('udp4');
    onTestFinished(() => void client.close());
    const echoes: number[] = [];
    client.on('message', (reply) => {
      echoes.push(Number((JSON.parse(reply.toString()) as { echo: string }).echo));
    });
    let sent = 0;
    const timer = setInterval(() => client.send(String(sent++), port, '127.0.0.1'), 2);
    onTestFinished(() => clearInterval(timer));
    const more = (): Promise<unknown> => moreThan(() => echoes.length, 50);
    await more();
    await killed(first);
    await more();
    const next = up(place.file);
    await next.line(/took over 2 workers/);
    await next.converged();
    await gone(workersOf(first));
    await more();
    clearInterval(timer);
    await until('all are answered', () => echoes.length === sent);
  });

  test('of two apps, when one gets a new name and keeps its port', async () => {
    const place = scene('web');
    const [a, b] = [await freePort(), await freePort()];
    place.write(`
apps:
  - { name: a, script: ./server.js, instances: 2, env: { PORT: ${a}, VALUE: a } }
  - { name: b, script: ./server.js, instances: 2, env: { PORT: ${b}, VALUE: b } }
`);
    const first = up(place.file);
    await first.converged();
    const clients = [await load(a, { rate: 200 }), await load(b, { rate: 200 })];
    await killed(first);
    place.edit((text) => text.replace('name: b', 'name: c').replace('VALUE: b', 'VALUE: c'));
    const next = up(place.file);
    await next.line(/b:\d draining \(pid \d+\): its app has left the file/);
    await next.converged();
    await gone(workersOf(first));
    await clients[1]?.answered(/"c"/, 100);
    for (const client of clients) expectNoFailure(await client.stop(200));
  });

  test('when the one that takes over dies, too', async () => {
    const { port, place, supervisor } = await web((text) => text.replace('./server.js', './late.js'));
    const clients = await load(port, { rate: 300 });
    await killed(supervisor);
    const second = up(place.file);
    await second.line(/web:0 starting/);
    await killed(second);
    await clients.more(200);
    const third = up(place.file);
    await third.line(/took over [234] workers/);
    await third.converged();
    await gone([...workersOf(supervisor), ...workersOf(second)]);
    await clients.more(100);
    expectNoFailure(await clients.stop(500));
  });

  test('from those that serve on because a version could not be started', async () => {
    const { port, place, supervisor } = await web();
    const clients = await load(port, { rate: 300 });
    await killed(supervisor);
    place.edit((text) => text.replace('./server.js', './throws.js'));
    const second = up(place.file, { flags: ['--once'] });
    expect((await second.exited()).code).toBe(1);
    expect(second.text()).toMatch(/2 workers of a supervisor that had died serve on/);
    await clients.more(200);
    place.edit((text) => text.replace('./throws.js', './server.js'));
    const third = up(place.file);
    await third.line(/took over 2 workers/);
    await third.converged();
    await gone(workersOf(supervisor));
    await clients.more(100);
    expectNoFailure(await clients.stop(500));
  });
});

describe('without another supervisor', () => {
  test('commands say what is there, and down ends it', async () => {
    const { port, place, supervisor } = await web();
    const clients = await load(port, { rate: 100 });
    await killed(supervisor);
    await clients.more(50);
    const ls = await run(['ls', '-f', place.file]);
    expect(ls).toMatchObject({ code: 1, out: '' });
    expect(ls.err).toMatch(
      /no supervisor runs .*, but 2 processes of one that died live on: .*down ends them/,
    );
    expect((await run(['ls', '--all'])).err).toContain(`no supervisor runs ${place.file}, but 2 processes`);
    expectNoFailure(await clients.stop(50));
    const slow = await begin(port, '/slow?ms=5000');
    const down = await run(['down', '-f', place.file]);
    expect(down).toMatchObject({ code: 0, err: '' });
    expect(down.out).toMatch(
      /ending 2 processes of a supervisor that had died[^]*drained: 1 request[^]*down$/,
    );
    expect((await slow.end).status).toBe(200);
    expect(workersOf(supervisor)).toEqual([]);
    expect((await run(['down', '-f', place.file])).err).toContain('nothing runs');
  });

  test('the workers leave after orphan_timeout, and lose nothing', async () => {
    const { port, supervisor } = await web(serveOn('3s'));
    const pids = Object.values(await pidsBySlot(port, 2));
    await killed(supervisor);
    const slow = await begin(port, '/slow?ms=4000');
    expect(pids.every(isAlive)).toBe(true);
    expect((await slow.end).status).toBe(200);
    await gone(pids);
    expect(supervisor.processes()).toEqual([]);
    await expect(get(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('an edit of orphan_timeout is told to the workers there are', async () => {
    const { port, supervisor, apply } = await web(serveOn('10m'));
    const pids = Object.values(await pidsBySlot(port, 2));
    await apply('10m', '500ms');
    expect(Object.values(await pidsBySlot(port, 2)).sort()).toEqual(pids.sort());
    await killed(supervisor);
    await gone(pids, 5000);
  });

  test('with 0, requests in flight complete, then they exit', async () => {
    const { port, supervisor } = await web(serveOn('0'));
    const pids = Object.values(await pidsBySlot(port, 2));
    const slow = await Promise.all(Array.from({ length: 6 }, () => begin(port, '/slow?ms=1500')));
    await killed(supervisor);
    for (const { end } of slow) expect((await end).status).toBe(200);
    await gone(pids);
    await expect(get(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test.each(['round-robin', 'sticky'])('under %s they exit: nobody accepts for them', async (balance) => {
    const { port, supervisor } = await web((text) =>
      text.replace('instances: 2', `instances: 2\n    balance: ${balance}`),
    );
    const slow = await begin(port, '/slow?ms=1000');
    await killed(supervisor);
    expect((await slow.end).status).toBe(200);
    await gone(workersOf(supervisor));
  });

  test('who boots still or drains already goes its way, and the others serve', async () => {
    const { port, place, supervisor, edit } = await web();
    const old = Object.values(await pidsBySlot(port, 2));
    const mark = edit('./server.js', './silent.js');
    await supervisor.line(/waiting for something that never comes/, { after: mark });
    await killed(supervisor);
    await until('the new ones have gone', () => workersOf(supervisor).every((pid) => old.includes(pid)));
    expect((await get(port)).status).toBe(200);
    await run(['down', '-f', place.file]);
    await gone(old);
  });
});

test.skipIf(process.platform !== 'linux')(
  'programs in fork mode cannot know: the next supervisor ends them before it starts its own',
  async () => {
    const place = scene('programs');
    await place.port(8080);
    const first = up(place.file);
    await first.converged();
    const binary = pidOf(first.text(), 'binary');
    await killed(first);
    expect(isAlive(binary)).toBe(true);

    const second = up(place.file);
    await second.line(/ended \d process(es)? of a supervisor that had died/);
    expect(isAlive(binary)).toBe(false);
    await second.converged();
    expect(pidOf(second.text(), 'binary')).not.toBe(binary);
  },
);

/** Changes the file of `web`. */
function serveOn(timeout: string): (text: string) => string {
  return (text) => `orphan_timeout: ${timeout}\n${text}`;
}

/** Resolves once there are so many more than now. */
function moreThan(count: () => number, by: number): Promise<unknown> {
  const wanted = count() + by;
  return until('more answers', () => count() >= wanted);
}

async function killed(supervisor: Supervisor): Promise<void> {
  kill(supervisor.pid, 'SIGKILL');
  await until('it is gone', () => !isAlive(supervisor.pid));
}

async function ended(supervisor: Supervisor): Promise<void> {
  supervisor.signal('SIGTERM');
  await supervisor.exited();
}

/** Once it is gone itself. */
function workersOf(supervisor: Supervisor): number[] {
  return supervisor.processes().map(({ pid }) => pid);
}

function pidOf(printed: string, app: string): number {
  return Number(new RegExp(`${app}:0 ready \\(pid (\\d+)\\)`).exec(printed)?.[1]);
}
