/** Edits that need a port which is still in use, under a client that never asks again. */
import { describe, expect, test } from 'vitest';
import { expectNoFailure, getJson, load, type Load, type LoadStats } from './support/client.ts';
import { freePort } from './support/ports.ts';
import { sinceNode } from './support/runtimes.ts';
import { scene } from './support/scene.ts';
import { run, up } from './support/supervisor.ts';

const SERVER = `
const { APP, EDITION, HOST, PORT } = process.env;
for (const host of HOST.split(' '))
  require('node:http')
    .createServer((request, response) => response.end(JSON.stringify({ app: APP, edition: EDITION })))
    .listen(Number(PORT), host);
process.on('SIGINT', () => process.exit());
`;

interface App {
  readonly port: number;
  readonly host?: string;
  /** Lines of the file. */
  readonly more?: readonly string[];
}

function app(name: string, edition: number, { port, host = '127.0.0.1', more = [] }: App): string {
  const env = `{ APP: ${name}, EDITION: '${edition}', PORT: ${port}, HOST: '${host}' }`;
  const count = more.some((line) => line.startsWith('instances')) ? [] : ['instances: 2'];
  const lines = ['script: ./server.cjs', ...count, ...more, `env: ${env}`];
  return [`  ${name}:`, ...lines.map((line) => `    ${line}`)].join('\n');
}

interface Edited {
  readonly plan: string;
  readonly code: number | null;
  /** What was printed. */
  readonly said: string;
  readonly stats: readonly LoadStats[];
  /** Who answers at each port in the end: `b 2`. */
  readonly answers: readonly string[];
}

/**
 * Runs the first file, puts the second in its place, and tells what became of every request to the ports meanwhile.
 *
 * @param orphaned the supervisor is killed before, so that its workers serve on for the next one
 */
async function edit(
  ports: readonly number[],
  first: string[],
  second: string[],
  orphaned = false,
): Promise<Edited> {
  const place = scene();
  place.write(SERVER, 'server.cjs');
  place.write(`apps:\n${first.join('\n')}\n`);
  const supervisor = up(place.file, { flags: ['--no-watch'] });
  await supervisor.converged();
  const loads: Load[] = [];
  for (const port of ports) loads.push(await load(port, { keepAlive: 2, fresh: 4, rate: 200 }));
  if (orphaned) {
    supervisor.signal('SIGKILL');
    await supervisor.exited();
  }
  place.write(`apps:\n${second.join('\n')}\n`);
  const plan = await run(['plan', place.file]);
  const { code, all } = await run(['up', '-d', '--no-watch', place.file]);
  const answers: string[] = [];
  for (const port of ports) {
    const { app: name, edition } = await getJson<{ app: string; edition: string }>(port);
    answers.push(`${name} ${edition}`);
  }
  const stats: LoadStats[] = [];
  for (const one of loads) {
    await one.more(20);
    stats.push(await one.stop());
  }
  // Nobody else ends one that was started in the background.
  if (orphaned) await run(['down', '-f', place.file]);
  return { plan: plan.out, code, said: all, stats, answers };
}

function expectNothingLost({ code, stats }: Edited): void {
  for (const one of stats) expectNoFailure(one);
  expect(code).toBe(0);
}

/** Whoever came in the gap was refused or cut, nothing else, and the gap has ended. */
function expectGap({ code, stats, answers }: Edited): void {
  for (const { failures } of stats)
    expect(failures.filter((text) => !/^(ECONNREFUSED|ECONNRESET|EPIPE) /.test(text))).toEqual([]);
  expect(answers).toEqual(['web 2']);
  expect(code).toBe(0);
}

describe('ports that go from app to app lose nothing', () => {
  test.each([
    [2, 'auto'],
    [3, 'auto'],
    [2, 'round-robin'],
    [2, 'sticky'],
  ])('%s apps trade them, balance %s', async (count, balance) => {
    const more = [`balance: ${balance}`];
    const ports = [await freePort(), await freePort(), await freePort()].slice(0, count);
    const names = ['a', 'b', 'c'].slice(0, count);
    const first = names.map((name, i) => app(name, 1, { port: ports[i] ?? 0, more }));
    const second = names.map((name, i) => app(name, 2, { port: ports[(i + 1) % count] ?? 0, more }));
    const edited = await edit(ports, first, second);
    expectNothingLost(edited);
    expect(edited.plan).toMatch(/a .*trades ports with "b"/);
    expect(edited.answers).toEqual(names.map((_, i) => `${names[(i + count - 1) % count] ?? ''} 2`));
  });

  test('one app takes over what another leaves', async () => {
    const [one, two, three] = [await freePort(), await freePort(), await freePort()];
    const edited = await edit(
      [two],
      [app('a', 1, { port: one }), app('b', 1, { port: two })],
      [app('a', 2, { port: two }), app('b', 2, { port: three })],
    );
    expectNothingLost(edited);
    expect(edited.plan).toMatch(/a .*gets port \d+ from "b", once that has left it/);
    expect(edited.answers).toEqual(['a 2']);
  });
});

describe('another address on the same port', () => {
  const hosts = [
    ['127.0.0.1', '0.0.0.0'],
    ['127.0.0.1', '::'],
    ['0.0.0.0', '127.0.0.1'],
    ['0.0.0.0', '::'],
    ['127.0.0.1', '127.0.0.1 ::1'],
  ] as const;

  // Two sockets cannot be bound to one port before.
  sinceNode('22.12').each(hosts)('%s to %s: loses nothing', async (from, to) => {
    const port = await freePort();
    const edited = await edit(
      [port],
      [app('web', 1, { port, host: from })],
      [app('web', 2, { port, host: to })],
    );
    expectNothingLost(edited);
    expect(edited.answers).toEqual(['web 2']);
    expect(edited.plan).not.toContain('stops');
  });

  test.each(hosts.slice(0, 4))('%s to %s: converges', async (from, to) => {
    const port = await freePort();
    expectGap(await edit([port], [app('web', 1, { port, host: from })], [app('web', 2, { port, host: to })]));
  });
});

describe('another balance on the same port', () => {
  test.each([
    ['shared', 'round-robin'],
    ['round-robin', 'shared'],
    ['least-connections', 'round-robin'],
    ['round-robin', 'least-connections'],
    ['kernel', 'round-robin'],
    ['round-robin', 'kernel'],
    ['sticky', 'round-robin'],
    ['round-robin', 'sticky'],
    ['kernel', 'sticky'],
  ])('%s to %s: loses nothing', async (from, to) => {
    const port = await freePort();
    const edited = await edit(
      [port],
      [app('web', 1, { port, more: [`balance: ${from}`] })],
      [app('web', 2, { port, more: [`balance: ${to}`] })],
    );
    expectNothingLost(edited);
    expect(edited.answers).toEqual(['web 2']);
    expect(edited.plan).not.toContain('stops');
  });
});

describe('what cannot be had side by side stops first, as planned', () => {
  const fork = ['instances: 1', 'exec_mode: fork'];
  test.each([
    ['fork mode to cluster', fork, [], /stops its 1 worker as soon as a new one waits/],
    ['cluster mode to fork', [], fork, /stops all 2 workers first/],
  ])('%s', async (_, from, to, said) => {
    const port = await freePort();
    const edited = await edit(
      [port],
      [app('web', 1, { port, more: from })],
      [app('web', 2, { port, more: to })],
    );
    expectGap(edited);
    expect(edited.plan).toMatch(said);
  });
});

describe('what workers of a supervisor that was killed have is had from them', () => {
  const [narrow, wide] = ['127.0.0.1', '0.0.0.0'];
  test.each([
    ['to a wider address', narrow, wide, 'shared', 'shared'],
    ['to a narrower address', wide, narrow, 'shared', 'shared'],
    ['to an address and a balance that cannot be had beside', narrow, wide, 'kernel', 'sticky'],
    ['to round-robin', narrow, narrow, 'shared', 'round-robin'],
  ])('%s', async (_, from, to, before, after) => {
    const port = await freePort();
    const first = app('web', 1, { port, host: from, more: [`balance: ${before}`] });
    const second = app('web', 2, { port, host: to, more: [`balance: ${after}`] });
    expectGap(await edit([port], [first], [second], true));
  });
});

test('a second process in fork mode on one port: the command ends and says why, the first one serves on', async () => {
  const port = await freePort();
  const more = ['exec_mode: fork'];
  const one = app('web', 1, { port, more: ['instances: 1', ...more] });
  const edited = await edit([port], [one], [app('web', 1, { port, more })]);
  for (const stats of edited.stats) expectNoFailure(stats);
  expect(edited.answers).toEqual(['web 1']);
  expect(edited.code).toBe(1);
  expect(edited.said).toContain(
    `port ${port} is taken by web:0, a worker of this very app: write \`exec_mode: cluster\`, or give each its own port`,
  );
});
