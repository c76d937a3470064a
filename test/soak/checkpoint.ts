/** What has to hold whenever nothing is under way. */
import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { expect } from 'vitest';
import { get } from '../e2e/support/client.ts';
import { until } from '../e2e/support/until.ts';
import { counts, HOME } from './ecosystem.ts';
import type { Stage } from './stage.ts';

/** The supervisor's own size at a checkpoint. */
export interface Size {
  /** Resident memory in bytes. */
  readonly memory: number;
  readonly descriptors: number;
}

/** Brings the ecosystem back to its home, waits until it has converged there, and checks all invariants. */
export async function checkpoint(stage: Stage): Promise<Size> {
  await stage.edit(HOME);
  const value = `v${stage.wanted.version}`;
  await until(`${value} answers`, async () => (await get(stage.ports.steady)).body === value, 30_000);
  await converged(stage);
  await checkCounts(stage);
  await checkProcesses(stage);
  await checkPorts(stage);
  return sizeOf(stage.supervisor.pid);
}

export async function converged(stage: Stage): Promise<void> {
  let state = '';
  await until(
    () => `all is as the file asks: ${state}`,
    async () => {
      const now = await stage.state();
      state = JSON.stringify(now);
      return now.converged;
    },
    60_000,
  );
}

async function checkCounts(stage: Stage): Promise<void> {
  const { apps, config } = await stage.state();
  expect(config).toEqual({ state: 'applied', error: null });
  const online = apps.map(
    ({ name, workers }) => [name, workers.filter(({ status }) => status === 'online').length] as const,
  );
  expect(new Map(online)).toEqual(counts(stage.wanted));
}

/** The supervisor, its workers and the children of its shells: nothing more, and nothing dead. */
async function checkProcesses(stage: Stage): Promise<void> {
  const wanted = [...counts(stage.wanted)].reduce((sum, [, workers]) => sum + workers, 0);
  const children = counts(stage.wanted).get('tree') ?? 0;
  await until(
    () =>
      stage.supervisor
        .processes()
        .map(({ pid, command }) => `${pid} ${command}`)
        .join('\n'),
    () => stage.supervisor.processes().length === 1 + wanted + children,
    20_000,
  );
  await until(
    () => `no zombie: ${zombiesOf(stage.supervisor.pid).join(', ')}`,
    () => zombiesOf(stage.supervisor.pid).length === 0,
    5000,
  );
}

/** Ended children that their parent has not collected. */
function zombiesOf(parent: number): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      // The name in parentheses may hold anything; the state and the parent come after it.
      const [state, ppid] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      return state === 'Z' && Number(ppid) === parent;
    } catch {
      return false;
    }
  });
}

async function checkPorts(stage: Stage): Promise<void> {
  const { extra, ...open } = stage.ports;
  for (const port of Object.values(open)) expect((await get(port)).status).toBe(200);
  await until('the port of the app that was removed is closed', async () => !(await listens(extra)), 10_000);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function sizeOf(pid: number): Size {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    memory: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}
