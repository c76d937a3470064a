/** As process 1 of a PID namespace, which is what a container is to it. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { begin, get } from './support/client.ts';
import { kill, marked, markedEnv } from './support/processes.ts';
import { cli, node } from './support/runtimes.ts';
import { scene } from './support/scene.ts';
import { Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const may = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0;
const contained = test.skipIf(!may);
const where = may ? '' : ' (skipped: unshare is missing, or not allowed)';
const hasTini = spawnSync('tini', ['--version']).status === 0;
/** Node can turn process 1 into a shell. */
const canBecome =
  execFileSync(node, ['-p', 'typeof process.execve'], { encoding: 'utf8' }).trim() === 'function';

interface Contained {
  readonly port: number;
  readonly supervisor: Supervisor;
  /** Process 1, as it is called outside. */
  readonly first: () => number;
}

async function container(init: readonly string[] = []): Promise<Contained> {
  const place = scene('container');
  const port = await place.port(8080);
  const mark = randomUUID();
  const child = spawn('unshare', [...NAMESPACE, ...init, node, cli, place.file], {
    env: markedEnv(mark),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const supervisor = new Supervisor(child, mark);
  onTestFinished(() => {
    kill(supervisor.pid, 'SIGKILL');
    for (const { pid } of marked(mark)) kill(pid, 'SIGKILL');
  });
  await supervisor.converged();
  const first = (): number =>
    supervisor.processes().find(({ pid }) => /^NSpid:.*\t1$/m.test(statusOf(pid)))?.pid ?? 0;
  return { port, supervisor, first };
}

function statusOf(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

/** Ended, and collected by nobody. */
function zombiesOf(parent: number): number {
  const statuses = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statusOf);
  return statuses.filter(
    (text) => /^State:\tZ/m.test(text) && new RegExp(`^PPid:\\t${parent}$`, 'm').test(text),
  ).length;
}

test.skipIf(!may || !canBecome)(
  `process 1 collects what others left behind, whoever that was${canBecome ? where : ' (skipped: before Node 22.15)'}`,
  async () => {
    const { port, supervisor, first } = await container();
    for (let i = 0; i < 10; i++) await get(port, '/orphan');
    await supervisor.line(/10 orphans have ended/);
    await until(
      () => `no zombie: ${zombiesOf(first())}`,
      () => zombiesOf(first()) === 0,
    );
    process.kill(first(), 'SIGTERM');
    expect((await supervisor.exited()).code).toBe(0);
  },
);

test.skipIf(!may || !hasTini)(
  `with tini as process 1${hasTini ? where : ' (skipped: there is no tini)'}`,
  async () => {
    const { port, supervisor, first } = await container(['tini', '--']);
    for (let i = 0; i < 10; i++) await get(port, '/orphan');
    await supervisor.line(/10 orphans have ended/);
    await until('no zombie', () => zombiesOf(first()) === 0);
    const slow = await begin(port, '/slow');
    process.kill(first(), 'SIGTERM');
    expect((await slow.end).body).toBe('slow');
    expect((await supervisor.exited()).code).toBe(0);
    expect(supervisor.count(/collect processes/)).toBe(0);
  },
);

contained.each(['SIGTERM', 'SIGINT'] as const)(
  `%s drains, and the container ends with 0${where}`,
  async (name) => {
    const { port, supervisor, first } = await container();
    const slow = await begin(port, '/slow');
    process.kill(first(), name);
    expect((await slow.end).body).toBe('slow');
    expect((await supervisor.exited()).code).toBe(0);
    await until('no process left', () => supervisor.processes().length === 0);
  },
);

test.skipIf(!may || canBecome)(
  `where it cannot collect them, it says so${canBecome ? ' (skipped: since Node 22.15 it can)' : where}`,
  async () => {
    const { supervisor, first } = await container();
    await supervisor.line(/as process 1 it cannot collect .*--init, or tini\), see docs\/containers\.md/);
    process.kill(first(), 'SIGTERM');
    expect((await supervisor.exited()).code).toBe(0);
  },
);
