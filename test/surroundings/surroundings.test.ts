/**
 * Every command, and a running supervisor under load, in the surroundings that people really have: a table of what each
 * said and ended with. `SURROUNDINGS` names some of them, `all` is each.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { expectNoFailure, getJson, load } from '../e2e/support/client.ts';
import { freePort } from '../e2e/support/ports.ts';
import { isAlive, kill, marked } from '../e2e/support/processes.ts';
import { cli, node, root } from '../e2e/support/runtimes.ts';
import { until } from '../e2e/support/until.ts';
import type { State } from '../../src/model/state.ts';
import { COMMANDS, type Command } from './commands.ts';
import { FROM_THE_START, LATER, type Around, type Place, type Surrounding } from './surroundings.ts';
import { tableOf, type Cell, type Row } from './table.ts';

/** No command may take longer, in ms. */
const PATIENCE = 20_000;
/** A stack, or a value that was never meant for people. */
const STACK = /^\s+at .*[:(]\d+|\bundefined\b|\[object |UnhandledPromise/m;

const chosen = process.env['SURROUNDINGS']?.split(',');
const isChosen = ({ name }: Surrounding): boolean => chosen === undefined || chosen.includes(name);

const rows: Row[] = [];
afterAll(() => console.log(tableOf(rows)));

class Scene implements Place {
  readonly folder: string = mkdtempSync(path.join(os.tmpdir(), 'surroundings-'));
  readonly file: string = path.join(this.folder, 'ecosystem.yml');
  readonly #mark = randomUUID();
  #around: Around = {};
  #start: Around = {};
  #pid = 0;

  get state(): string {
    return this.#around.env?.['CLUSTER_UP_HOME'] ?? path.join(this.folder, 'state');
  }

  /** Files of two apps; returns the port of the one for the load. */
  async fill(): Promise<number> {
    cpSync(path.join(root, 'fixtures/web/server.js'), path.join(this.folder, 'server.js'));
    const [web, idle] = [await freePort(), await freePort()];
    const app = (name: string, port: number, instances: number): string =>
      `  - { name: ${name}, script: server.js, instances: ${instances}, env: { PORT: ${port}, VALUE: one } }\n`;
    writeFileSync(this.file, `apps:\n${app('web', web, 2)}${app('idle', idle, 1)}`);
    writeFileSync(
      path.join(this.folder, 'pm2.json'),
      '{ "apps": [{ "name": "web", "script": "server.js" }] }',
    );
    return web;
  }

  enter({ around }: Surrounding): void {
    this.#start = around?.(this) ?? {};
    this.#around = this.#start;
  }

  readonly pid = (): number => this.#pid;

  /** From here on commands run as the surrounding has it for them. */
  async begun({ commands }: Surrounding): Promise<void> {
    this.#pid = (await this.#state()).supervisor.pid;
    this.#around = { ...this.#around, ...commands };
  }

  /** The process ids of the workers of an app that are online. */
  async pidsOf(app: string): Promise<number[]> {
    const workers = (await this.#state()).apps.find(({ name }) => name === app)?.workers ?? [];
    return workers.flatMap(({ pid, status }) => (pid === null || status !== 'online' ? [] : [pid]));
  }

  async #state(): Promise<State> {
    const { out } = await this.runAsBegun(['ls', '--json', '-f', this.file]);
    return JSON.parse(out) as State;
  }

  /** Ends all that was started here, whatever has become of it. */
  async leave(): Promise<void> {
    if (this.#pid > 0) kill(this.#pid, 'SIGCONT');
    for (const { pid } of marked(this.#mark)) kill(pid, 'SIGKILL');
    await until('no process is left', () => marked(this.#mark).length === 0);
    spawnSync('umount', [this.state]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  get processes(): readonly string[] {
    return marked(this.#mark).map(({ pid, command }) => `${pid} ${command}`);
  }

  run(args: readonly string[]): Promise<Cell> {
    return this.#run(args, this.#around.prefix);
  }

  /** As the command that began it, whatever has come over commands since. */
  runAsBegun(args: readonly string[]): Promise<Cell> {
    return this.#run(args, this.#start.prefix);
  }

  async #run(args: readonly string[], prefix: Around['prefix'] = []): Promise<Cell> {
    const [program = '', ...words] = [...prefix, node, cli, ...args];
    const { PATH, TMPDIR } = process.env;
    const env = { PATH, HOME: this.folder, TMPDIR, CLUSTER_UP_HOME: this.state, ...this.#around.env };
    const began = performance.now();
    const child = spawn(program, words, {
      env: { ...env, CLUSTER_UP_E2E_MARK: this.#mark },
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.out += String(chunk)));
    child.stderr.on('data', (chunk: Buffer) => (said.err += String(chunk)));
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    return { code, ms: performance.now() - began, ...said };
  }
}

function wrongWith(command: Command, { code, out, err }: Cell, { excuse }: Surrounding): string | null {
  const said = `${out}${err}`;
  if (code === null) return `does not end within ${PATIENCE / 1000} s`;
  if (STACK.test(err)) return `shows its inside:\n${err}`;
  if ((command.codes ?? [0]).includes(code)) return null;
  if (code === 1 && excuse?.test(said) === true) return null;
  return `ends with ${code}:\n${said.slice(0, 1000)}`;
}

async function tryAll(scene: Scene, surrounding: Surrounding, row: Row): Promise<void> {
  const wrong: string[] = [];
  for (const command of COMMANDS) {
    const cell = await scene.run(command.args(scene.file));
    row.cells.set(command.name, cell);
    const why = wrongWith(command, cell, surrounding);
    if (why !== null) wrong.push(`${command.name} ${why}`);
  }
  expect(wrong).toEqual([]);
}

/** All workers of the app without load get another process. */
async function crash(scene: Scene): Promise<void> {
  const before = await scene.pidsOf('idle');
  expect(before.length).toBeGreaterThan(0);
  for (const pid of before) kill(pid, 'SIGKILL');
  await until('others have their place', async () => {
    const now = await scene.pidsOf('idle');
    return now.length === before.length && !now.some((pid) => before.includes(pid));
  });
}

async function edit(scene: Scene, port: number): Promise<void> {
  const text = readFileSync(scene.file, 'utf8').replaceAll('VALUE: one', 'VALUE: two');
  writeFileSync(`${scene.file}.new`, text);
  renameSync(`${scene.file}.new`, scene.file);
  await until('the edit is served', async () => (await getJson<{ value: string }>(port)).value === 'two');
}

async function tried(surrounding: Surrounding): Promise<void> {
  const scene = new Scene();
  onTestFinished(() => scene.leave());
  const web = await scene.fill();
  scene.enter(surrounding);
  const row: Row = { name: surrounding.name, cells: new Map(), requests: 0, failed: 0, isSupervised: null };
  rows.push(row);
  const begun = await scene.run(['up', '-d', scene.file]);
  const { refuses } = surrounding;
  if (refuses !== undefined) {
    row.cells.set('up -d', begun);
    expect(begun.code).toBe(1);
    expect(begun.err).toMatch(refuses);
    expect(begun.err).not.toMatch(STACK);
    return;
  }
  expect(begun).toMatchObject({ code: 0 });
  await scene.begun(surrounding);
  const client = await load(web, { rate: 100 });
  const over = surrounding.strikes?.(scene);
  try {
    await tryAll(scene, surrounding, row);
    if (surrounding.standsStill !== true) await crash(scene);
  } finally {
    over?.();
  }
  await edit(scene, web);
  await crash(scene);
  row.isSupervised = isAlive(scene.pid());
  const stats = await client.stop();
  Object.assign(row, { requests: stats.requests, failed: stats.failed });
  expectNoFailure(stats);
  expect(row.isSupervised).toBe(true);
  expect(await scene.runAsBegun(['ls', '--exit-code', '-f', scene.file])).toMatchObject({ code: 0 });
  expect(await scene.runAsBegun(['down', '-f', scene.file])).toMatchObject({ code: 0 });
  expect(scene.processes).toEqual([]);
}

describe.each([
  ['from the start', FROM_THE_START],
  ['over a supervisor that runs', LATER],
])('%s', (_, all) => {
  for (const surrounding of all.filter(isChosen)) {
    const missing = surrounding.missing?.() ?? null;
    const name = missing === null ? surrounding.name : `${surrounding.name} (not tried: ${missing})`;
    test.skipIf(missing !== null)(name, { timeout: 180_000 }, () => tried(surrounding));
  }
});
