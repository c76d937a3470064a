/** Edits that need a port which is still in use, under a client that never asks again. */
import { expect } from 'vitest';
import { expectNoFailure, getJson, load, type Load, type LoadStats } from './client.ts';
import { scene } from './scene.ts';
import { run, up } from './supervisor.ts';

const SERVER = `
const { APP, EDITION, HOST, PORT } = process.env;
for (const host of HOST.split(' '))
  require('node:http')
    .createServer((request, response) => response.end(JSON.stringify({ app: APP, edition: EDITION })))
    .listen(Number(PORT), host, () => EDITION !== '13' && process.send?.('ready'));
process.on('SIGINT', () => process.exit());
`;

export interface App {
  readonly port: number;
  readonly host?: string;
  /** Lines of the file. */
  readonly more?: readonly string[];
}

export function app(name: string, edition: number, { port, host = '127.0.0.1', more = [] }: App): string {
  const env = `{ APP: ${name}, EDITION: '${edition}', PORT: ${port}, HOST: '${host}' }`;
  const count = more.some((line) => line.startsWith('instances')) ? [] : ['instances: 2'];
  const lines = ['script: ./server.cjs', ...count, ...more, `env: ${env}`];
  return [`  ${name}:`, ...lines.map((line) => `    ${line}`)].join('\n');
}

export interface Edited {
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
export async function edit(
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

export function expectNothingLost({ code, stats }: Edited): void {
  for (const one of stats) expectNoFailure(one);
  expect(code).toBe(0);
}

/** Whoever came in the gap was refused or cut, nothing else, and the gap has ended. */
export function expectGap({ code, stats, answers }: Edited): void {
  for (const { failures } of stats)
    expect(failures.filter((text) => !/^(ECONNREFUSED|ECONNRESET|EPIPE) /.test(text))).toEqual([]);
  expect(answers).toEqual(['web 2']);
  expect(code).toBe(0);
}
