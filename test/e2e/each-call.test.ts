/** Each call into the system fails in turn, under load: it is told and tried again, and nobody notices. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { expectNoFailure, getJson, load } from './support/client.ts';
import { freePort } from './support/ports.ts';
import { isAlive, kill } from './support/processes.ts';
import { scene } from './support/scene.ts';
import { run, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';
import type { Who } from './support/web.ts';

class Place {
  readonly supervisor: Supervisor;
  readonly ports: readonly number[];
  readonly #scene: ReturnType<typeof scene>;
  readonly #env: Readonly<Record<string, string>>;
  readonly #breaks: string;
  #edition = 0;

  /** @param ports of an app under load, of another one in cluster mode, and of a program */
  constructor(ports: readonly [number, number, number]) {
    const place = scene('web');
    const app = (name: string, port: number, more: string): string =>
      `  - { name: ${name}, script: ./server.js, env: { PORT: ${port}, VALUE: v0 }, ${more} }\n`;
    place.write(
      `apps:\n${app('web', ports[0], 'instances: 2')}${app('idle', ports[1], 'exec_mode: cluster, out_file: idle.log')}${app('program', ports[2], 'exec_mode: fork')}`,
    );
    this.#scene = place;
    this.ports = ports;
    this.#breaks = place.path('breaks');
    this.breaks('');
    this.#env = { CLUSTER_UP_HOME: place.path('state') };
    const preload = path.join(import.meta.dirname, 'support/break-calls.js');
    this.supervisor = up(place.file, {
      env: { ...this.#env, BREAK: this.#breaks, NODE_OPTIONS: `--import ${preload}` },
    });
  }

  /** Which call fails from now on. */
  breaks(call: string): void {
    writeFileSync(this.#breaks, call);
  }

  /** @param what such as `round1`: what was made then; `failed`: what has failed so far */
  calls(what: string): string[] {
    const file = `${this.#breaks}.${what}`;
    return existsSync(file) ? [...new Set(readFileSync(file, 'utf8').trim().split('\n'))] : [];
  }

  edit(): void {
    this.#edition += 1;
    this.#scene.edit((text) => text.replaceAll(/VALUE: v\d+/g, `VALUE: v${this.#edition}`));
  }

  /** An edit, a crash, a line for a log file and a question. */
  async work(): Promise<void> {
    const { pid } = await this.who(1);
    this.edit();
    kill(pid, 'SIGKILL');
    await run(['ls', '-f', this.#scene.file], { env: this.#env });
  }

  /** Until that call has failed, the work is done every 2 s. */
  async workUntil(call: string): Promise<void> {
    let next = 0;
    await until(`${call} is made`, async () => {
      if (performance.now() >= next) {
        await this.work();
        next = performance.now() + 2000;
      }
      return this.calls('failed').includes(call);
    });
  }

  who(app: number): Promise<Who> {
    return getJson<Who>(this.ports[app] ?? 0);
  }

  /** All of it is as the file asks. */
  async isDone(): Promise<boolean> {
    const all = await Promise.all(this.ports.map((_, app) => this.who(app).catch(() => null)));
    return all.every((who) => who?.value === `v${this.#edition}`);
  }
}

/** What the work asks of the system each time: some calls depend on what happens to meet. */
async function callsOf(place: Place): Promise<string[]> {
  const rounds: Set<string>[] = [];
  for (const round of ['round1', 'round2', 'round3']) {
    place.breaks(round);
    await place.work();
    await until('the work is done', () => place.isDone());
    rounds.push(new Set(place.calls(round)));
  }
  const [first = new Set(), ...others] = rounds;
  return [...first].filter((call) => others.every((round) => round.has(call)));
}

test.skipIf(process.platform !== 'linux')('each of them, one at a time', { timeout: 600_000 }, async () => {
  const place = new Place([await freePort(), await freePort(), await freePort()]);
  const { supervisor } = place;
  await supervisor.converged();
  const client = await load(place.ports[0] ?? 0, { rate: 200 });
  const all = await callsOf(place);
  expect(all.length).toBeGreaterThan(20);
  for (const call of all) {
    place.breaks(call);
    await place.workUntil(call);
    await client.more(20);
    place.breaks('');
    // What was rolled back meanwhile is not tried again by itself.
    place.edit();
    await until(
      () => `after ${call} all is as the file asks:\n${supervisor.text().slice(-3000)}`,
      () => place.isDone(),
    );
    expect(isAlive(supervisor.pid)).toBe(true);
  }
  expectNoFailure(await client.stop());
  expect(supervisor.text()).not.toMatch(/nobody expected|nobody waited for/);
});
