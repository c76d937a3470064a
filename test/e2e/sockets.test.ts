/** listen() and bind() in all their forms, next to what plain node:cluster does. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { get, getJson, type Address } from './support/client.ts';
import { kill } from './support/processes.ts';
import { plain } from './support/plain.ts';
import { freePort } from './support/ports.ts';
import { scene, type Scene } from './support/scene.ts';
import { gone, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

interface Answer {
  readonly pid: number;
  readonly slot: number;
  readonly address: AddressInfo | string;
  readonly listening: boolean;
}

/** Starts the fixture with these arguments of listen(). */
function listening(
  place: Scene,
  args: unknown,
  extra = '',
  script = './app.js',
  ...flags: string[]
): Supervisor {
  const env = `env: { LISTEN: '${JSON.stringify(args)}' ${extra} }`;
  place.edit((text) => text.replace("env: { LISTEN: '[8080]' }", env).replace('./app.js', script));
  return up(place.file, { flags });
}

/** What server.address() is in each of the workers. */
async function addresses(from: Supervisor, count = 2): Promise<unknown[]> {
  await until(`${count} addresses`, () => from.count(/ADDRESS/) >= count);
  return from.lines
    .map(({ text }) => /ADDRESS (.*)$/.exec(text)?.[1])
    .filter((json) => json !== undefined)
    .map((json) => JSON.parse(json) as unknown);
}

async function answers(to: Address | number): Promise<void> {
  expect((await get(to)).status).toBe(200);
}

/** Both workers answer. */
async function bothAnswer(to: Address | number): Promise<void> {
  const slots = new Set<number>();
  await until('both workers answer', async () => slots.add((await getJson<Answer>(to)).slot).size === 2);
}

const localhost = '127.0.0.1';
const v6 = '::1';

describe('listen() has the same outcome as under plain node:cluster', () => {
  test.each<[string, (port: number) => unknown[], string]>([
    ['listen(port)', (port) => [port], localhost],
    ['listen("port")', (port) => [String(port)], localhost],
    ['listen(port, host)', (port) => [port, localhost], localhost],
    ['listen(port, "localhost")', (port) => [port, 'localhost'], 'localhost'],
    ['listen(port, host, backlog)', (port) => [port, localhost, 5], localhost],
    ['listen({ port, host, backlog })', (port) => [{ port, host: '0.0.0.0', backlog: 100 }], localhost],
    ['IPv6: listen(port, "::1")', (port) => [port, v6], v6],
    ['listen({ port, host: "::", ipv6Only: true })', (port) => [{ port, host: '::', ipv6Only: true }], v6],
    ['listen({ port, exclusive: false })', (port) => [{ port, exclusive: false }], localhost],
  ])('%s', async (_what, argsOf, host) => {
    const place = scene('sockets');
    const port = await freePort();
    const args = argsOf(port);
    const there = plain(place, 'app.js', [], { LISTEN: JSON.stringify(args) });
    const expected = await addresses(there);
    await answers({ host, port });
    there.signal('SIGTERM');
    await there.exited();
    await until('the port is free again', () =>
      get({ host, port }).then(
        () => false,
        () => true,
      ),
    );
    const here = listening(place, args);
    await here.converged();
    expect(await addresses(here)).toEqual(expected);
    await bothAnswer({ host, port });
    expect(here.text('err')).toBe('');
  });

  test('listen({ ipv6Only: true }) leaves the port of IPv4 alone', async () => {
    const place = scene('sockets');
    const port = await freePort();
    const here = listening(place, [{ port, host: '::', ipv6Only: true }]);
    await here.converged();
    await expect(get({ port, host: localhost })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('listen(0): all workers have the same port, also later ones', async () => {
    const place = scene('sockets');
    const here = listening(place, [0]);
    await here.converged();
    const [first, second] = (await addresses(here)) as AddressInfo[];
    expect(first?.port).toBeGreaterThan(0);
    expect(second).toEqual(first);
    await bothAnswer(first?.port ?? 0);
    const mark = here.mark();
    place.edit((text) => text.replace('instances: 2', 'instances: 3'));
    await here.converged(mark);
    expect((await addresses(here, 3))[2]).toEqual(first);
  });

  test('listen(path), a unix socket: address() is the path', async () => {
    const place = scene('sockets');
    const socketPath = place.path('app.sock');
    const there = plain(place, 'app.js', [], { LISTEN: JSON.stringify([socketPath]) });
    const expected = await addresses(there);
    expect(expected).toEqual([socketPath, socketPath]);
    there.signal('SIGTERM');
    await there.exited();
    const other = place.path('other.sock');
    const here = listening(place, [other]);
    await here.converged();
    expect(await addresses(here)).toEqual([other, other]);
    await bothAnswer({ socketPath: other });
    here.signal('SIGTERM');
    await here.exited();
    // Its file is gone, so that the next start can have it.
    await expect(get({ socketPath: other })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each(['round-robin', 'sticky'])(
    'listen(path) with balance %s: nobody is refused in a reload',
    async (balance) => {
      const place = scene('sockets');
      const socketPath = place.path('app.sock');
      place.edit((text) => text.replace('env:', `balance: ${balance}\n    env:`));
      const here = listening(place, [socketPath]);
      await here.converged();
      expect(await addresses(here)).toEqual([socketPath, socketPath]);
      await bothAnswer({ socketPath });
      const mark = here.mark();
      place.edit((text) => text.replace('env: {', 'env: { EDITION: 2,'));
      let isOver = false as boolean;
      const over = here.converged(mark).finally(() => (isOver = true));
      while (!isOver) await answers({ socketPath });
      await over;
      await bothAnswer({ socketPath });
    },
  );

  test('listen({ port, exclusive: true }) is not shared: the second worker gets EADDRINUSE', async () => {
    const place = scene('sockets');
    const port = await freePort();
    const args = [{ port, exclusive: true }];
    const there = plain(place, 'app.js', [], { LISTEN: JSON.stringify(args) });
    await there.line(/ERROR EADDRINUSE listen/);
    await answers(port);
    there.signal('SIGTERM');
    await there.exited();
    await until('the port is free again', () =>
      get(port).then(
        () => false,
        () => true,
      ),
    );
    const here = listening(place, args);
    await here.line(/ERROR EADDRINUSE listen/);
    await answers(port);
  });

  test('two servers in one app', async () => {
    const place = scene('sockets');
    const [one, two] = [await freePort(), await freePort()];
    const here = listening(place, [one], `, LISTEN_TOO: '[${two}]'`);
    await here.converged();
    await bothAnswer(one);
    await bothAnswer(two);
    expect((await getJson<Answer>(two)).address).toMatchObject({ port: two });
  });

  test('two servers of one app on one port: the second gets EADDRINUSE, as under node:cluster', async () => {
    const place = scene('sockets');
    const port = await freePort();
    const env = { LISTEN: JSON.stringify([port]), LISTEN_TOO: JSON.stringify([port]) };
    const there = plain(place, 'app.js', [], env);
    await there.line(/ERROR EADDRINUSE bind/);
    there.signal('SIGTERM');
    await there.exited();
    const here = listening(place, [port], `, LISTEN_TOO: '[${port}]'`);
    await here.line(/ERROR EADDRINUSE bind/);
  });

  test('an HTTPS server', async () => {
    const place = scene('sockets');
    const port = await freePort();
    const here = listening(place, [port], ", TLS: '1'");
    await here.converged();
    const request = https.get({ port, host: localhost, rejectUnauthorized: false, agent: false });
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume: () => void }];
    expect(response.statusCode).toBe(200);
    response.resume();
  });
});

describe('closing', () => {
  test('close() then listen() again serves on, on the same port', async () => {
    const place = scene('sockets');
    const port = await freePort();
    const here = listening(place, [port]);
    await here.converged();
    for (let round = 1; round <= 5; round++) {
      await get(port, '/reopen');
      await addresses(here, 2 + round);
      await answers(port);
    }
    await bothAnswer(port);
  });

  test('close() in all workers closes the port, and they live on', async () => {
    const place = scene('sockets');
    const port = await freePort();
    const here = listening(place, [port], ", STAY: '1'");
    await here.converged();
    const pids = here.processes().length;
    await until('the port is closed', async () => {
      const failure = await get(port, '/close').catch((error: unknown) => error as NodeJS.ErrnoException);
      return 'code' in failure && failure.code === 'ECONNREFUSED';
    });
    expect(here.count(/CLOSED/)).toBe(2);
    expect(here.processes()).toHaveLength(pids);
  });

  test('cluster.worker.disconnect(): the worker leaves, another takes its place, no request is lost', async () => {
    const place = scene('sockets');
    const port = await freePort();
    const here = listening(place, [port]);
    await here.converged();
    const mark = here.mark();
    const { pid, slot } = await getJson<Answer>(port, '/disconnect');
    await gone([pid]);
    await here.line(new RegExp(`sockets:${slot} \\(pid ${pid}\\) exited with code 0`), { after: mark });
    await answers(port);
    await here.line(new RegExp(`sockets:${slot} ready`), { after: mark });
    await bothAnswer(port);
  });
});

describe('datagrams', () => {
  test('all workers share a UDP port, as under node:cluster', async () => {
    const place = scene('sockets');
    const port = await freePort();
    const here = listening(place, [port], '', './udp.js');
    await here.converged();
    expect(await addresses(here)).toEqual(Array(2).fill({ address: localhost, family: 'IPv4', port }));
    const client = dgram.createSocket('udp4');
    onTestFinished(() => void client.close());
    client.send('are you there?', port, localhost);
    const [reply] = (await once(client, 'message')) as [Buffer];
    expect(JSON.parse(reply.toString())).toMatchObject({ echo: 'are you there?' });
  });

  test('what comes while the only worker is dead waits for the next one', async () => {
    const place = scene('sockets');
    const port = await freePort();
    place.edit((text) => text.replace('instances: 2', 'instances: 1'));
    const here = listening(place, [port], '', './udp.js');
    await here.converged();
    const client = dgram.createSocket('udp4');
    onTestFinished(() => void client.close());
    const echoes: { pid: number; echo: string }[] = [];
    client.on('message', (reply) =>
      echoes.push(JSON.parse(reply.toString()) as { pid: number; echo: string }),
    );
    client.send('before', port, localhost);
    const [first] = await until('an answer', () => (echoes.length > 0 ? echoes : undefined));
    kill(first?.pid ?? 0, 'SIGKILL');
    await gone([first?.pid ?? 0]);
    for (let i = 0; i < 20; i++) client.send(String(i), port, localhost);
    await until('all are answered', () => echoes.length === 21);
    expect(echoes.slice(1).map(({ echo }) => Number(echo))).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(echoes[1]?.pid).not.toBe(first?.pid);
  });

  test('close() in all workers frees the port, and they live on', async () => {
    const place = scene('sockets');
    const port = await freePort();
    const here = listening(place, [port], '', './udp.js');
    await here.converged();
    const client = dgram.createSocket('udp4');
    onTestFinished(() => void client.close());
    await until('both have closed', () => {
      client.send('close', port, localhost);
      return here.count(/CLOSED/) === 2;
    });
    await until('the port is free', async () => {
      const other = dgram.createSocket('udp4').on('error', () => {});
      const isFree = await Promise.race([
        once(other, 'error').then(() => false),
        once(other.bind(port, localhost), 'listening').then(() => true),
      ]);
      other.close();
      return isFree;
    });
    expect(here.processes()).toHaveLength(3);
  });
});

describe('an address that is taken', () => {
  test('by a foreign process: the app gets EADDRINUSE, and we say who has it', async () => {
    const place = scene('sockets');
    const port = await freePort();
    const holder = net.createServer().listen(port);
    onTestFinished(() => void holder.close());
    await once(holder, 'listening');
    const there = plain(place, 'app.js', [], { LISTEN: JSON.stringify([port]) });
    await there.line(/ERROR EADDRINUSE bind/);
    const here = listening(place, [port], '', './app.js', '--once');
    await here.line(/ERROR EADDRINUSE bind/);
    await here.line(new RegExp(`port ${port} is taken by pid ${process.pid} `));
    expect((await here.exited()).code).toBe(1);
  });

  test('by a unix socket of another process', async () => {
    const place = scene('sockets');
    const socketPath = place.path('taken.sock');
    const holder = net.createServer().listen(socketPath);
    onTestFinished(() => void holder.close());
    await once(holder, 'listening');
    const here = listening(place, [socketPath]);
    await here.line(/ERROR EADDRINUSE bind/);
    await here.line(/unix socket \S+taken\.sock is not opened: another process has it open/);
  });

  test('by another app of the file: the error names both', async () => {
    const place = scene('sockets');
    const port = await freePort();
    const one = `{ script: ./app.js, instances: 1, env: { LISTEN: '[${port}]' } }`;
    place.write(`apps:\n  first: ${one}\n`);
    const here = up(place.file);
    await here.converged();
    place.write(`apps:\n  first: ${one}\n  second: ${one}\n`);
    await here.line(new RegExp(`port ${port} belongs to app "first" already, so app "second" cannot listen`));
    await here.line(/second:0 .*ERROR EADDRINUSE bind/);
    await here.line(/second: revision .* failed/);
    await answers(port);
  });
});
