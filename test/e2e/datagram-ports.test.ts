/** Edits about UDP ports that are in use, under a client that never sends a datagram again. */
import dgram from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { freePort } from './support/ports.ts';
import { sinceNode } from './support/runtimes.ts';
import { scene } from './support/scene.ts';
import { run, up } from './support/supervisor.ts';
import { until } from './support/until.ts';

/** Answers with what it was sent, and who it is. */
const SERVER = `
const { APP, EDITION, HOST, PORT } = process.env;
for (const host of HOST.split(' ')) {
  const socket = require('node:dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (text, { port, address }) => socket.send(text + ' ' + APP + ' ' + EDITION, port, address));
  socket.bind(Number(PORT), host);
}
process.on('SIGINT', () => process.exit());
`;

/** Between two datagrams, in ms. */
const PACE = 5;

class Client {
  readonly #socket = dgram.createSocket('udp4');
  readonly #port: number;
  /** By its number, who has answered. */
  readonly #answers = new Map<number, string>();
  readonly #timer: NodeJS.Timeout;
  #sent = 0;

  constructor(port: number) {
    this.#port = port;
    this.#socket.on('message', (text) => {
      const [number, ...who] = text.toString().split(' ');
      this.#answers.set(Number(number), who.join(' '));
    });
    this.#timer = setInterval(() => this.#send(), PACE);
  }

  /** Resolves with how many were never answered, once the last one to `who` has been. */
  async lost(who: string): Promise<number> {
    const from = this.#sent;
    const isAnswered = (): boolean => [...this.#answers].some(([n, by]) => n >= from && by === who);
    await until(`an answer of ${who}`, isAnswered);
    clearInterval(this.#timer);
    const last = this.#send();
    await until('the last answer', () => this.#answers.has(last));
    this.#socket.close();
    return this.#sent - this.#answers.size;
  }

  #send(): number {
    const number = this.#sent++;
    this.#socket.send(String(number), this.#port, '127.0.0.1');
    return number;
  }
}

interface App {
  readonly port: number;
  readonly host?: string;
  readonly fork?: boolean;
}

function app(name: string, edition: number, { port, host = '127.0.0.1', fork = false }: App): string {
  const env = `{ APP: ${name}, EDITION: '${edition}', PORT: ${port}, HOST: '${host}' }`;
  const lines = ['script: ./server.cjs', fork ? 'exec_mode: fork' : 'instances: 2', `env: ${env}`];
  return [`  ${name}:`, ...lines.map((line) => `    ${line}`)].join('\n');
}

/**
 * Runs the first file, puts the second in its place, and tells how many datagrams of each port were lost.
 *
 * @param ports who answers there in the end: `b 2`
 */
async function edit(
  ports: ReadonlyMap<number, string>,
  first: string[],
  second: string[],
): Promise<number[]> {
  const place = scene();
  place.write(SERVER, 'server.cjs');
  place.write(`apps:\n${first.join('\n')}\n`);
  const supervisor = up(place.file, { flags: ['--no-watch'] });
  await supervisor.converged();
  const clients = [...ports].map(([port, who]) => ({ client: new Client(port), who }));
  place.write(`apps:\n${second.join('\n')}\n`);
  const { code, all } = await run(['up', '-d', '--no-watch', place.file]);
  expect({ code, all }).toMatchObject({ code: 0 });
  return await Promise.all(clients.map(({ client, who }) => client.lost(who)));
}

describe('another address on the same UDP port', () => {
  const hosts = [
    ['127.0.0.1', '0.0.0.0'],
    ['127.0.0.1', '::'],
    ['0.0.0.0', '::'],
    ['0.0.0.0', '127.0.0.1'],
    ['::', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1 ::1'],
    ['127.0.0.1 ::1', '127.0.0.1'],
  ] as const;

  // Two sockets cannot be bound to one port before.
  sinceNode('22.12').each(hosts)('%s to %s: loses nothing', async (from, to) => {
    const port = await freePort();
    const [first, second] = [app('web', 1, { port, host: from }), app('web', 2, { port, host: to })];
    expect(await edit(new Map([[port, 'web 2']]), [first], [second])).toEqual([0]);
  });

  test.each(hosts.slice(0, 5))('%s to %s: converges', async (from, to) => {
    const port = await freePort();
    const [first, second] = [app('web', 1, { port, host: from }), app('web', 2, { port, host: to })];
    await edit(new Map([[port, 'web 2']]), [first], [second]);
  });

  sinceNode('22.12')('of an app that is renamed: loses nothing', async () => {
    const port = await freePort();
    const first = app('web', 1, { port });
    const second = app('api', 2, { port, host: '0.0.0.0' });
    expect(await edit(new Map([[port, 'api 2']]), [first], [second])).toEqual([0]);
  });
});

describe('UDP ports that go from app to app lose nothing', () => {
  test.each([2, 3])('%s apps trade them', async (count) => {
    const ports = [await freePort(), await freePort(), await freePort()].slice(0, count);
    const names = ['a', 'b', 'c'].slice(0, count);
    const first = names.map((name, i) => app(name, 1, { port: ports[i] ?? 0 }));
    const second = names.map((name, i) => app(name, 2, { port: ports[(i + 1) % count] ?? 0 }));
    const answers = ports.map((port, i) => [port, `${names[(i + count - 1) % count] ?? ''} 2`] as const);
    expect(await edit(new Map(answers), first, second)).toEqual(ports.map(() => 0));
  });

  test('one app takes over what another leaves', async () => {
    const [one, two, three] = [await freePort(), await freePort(), await freePort()];
    const first = [app('a', 1, { port: one }), app('b', 1, { port: two })];
    const second = [app('a', 2, { port: two }), app('b', 2, { port: three })];
    expect(await edit(new Map([[two, 'a 2']]), first, second)).toEqual([0]);
  });

  test('a new name', async () => {
    const port = await freePort();
    expect(await edit(new Map([[port, 'b 2']]), [app('a', 1, { port })], [app('b', 2, { port })])).toEqual([
      0,
    ]);
  });
});

describe('a program in fork mode', () => {
  test.each([
    ['takes a UDP port over', 'web', false, true],
    ['gives one up', 'web', true, false],
    ['takes one over under a new name', 'api', false, true],
    ['gives one up to a new name', 'api', true, false],
  ])('%s', async (_, name, before, after) => {
    const port = await freePort();
    const [first, second] = [app('web', 1, { port, fork: before }), app(name, 2, { port, fork: after })];
    await edit(new Map([[port, `${name} 2`]]), [first], [second]);
  });
});
