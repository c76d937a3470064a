/** The app of fixtures/every-protocol, up on free ports. */
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { getJson } from '../e2e/support/client.ts';
import { root } from '../e2e/support/runtimes.ts';
import { scene, type Scene } from '../e2e/support/scene.ts';
import { gone, run, up, type Ran, type Supervisor } from '../e2e/support/supervisor.ts';
import { until } from '../e2e/support/until.ts';
import type { Ports } from './clients.ts';

/** Its name in the file. */
export const APP = 'every';

export interface World {
  readonly place: Scene;
  readonly ports: Ports;
  readonly supervisor: Supervisor;
  /** `cluster-up ARGS`, which has to succeed. */
  readonly command: (...args: string[]) => Promise<Ran>;
}

interface Who {
  readonly slot: number;
  readonly pid: number;
}

/** @param change made to the ecosystem file before the start. */
export async function world(
  change: (text: string) => string,
  env: Readonly<Record<string, string>> = {},
): Promise<World> {
  const place = scene('every-protocol');
  // For `ws`.
  symlinkSync(path.join(root, 'node_modules'), place.path('node_modules'));
  place.edit((text) => text.replace('../sockets', path.join(root, 'fixtures/sockets')));
  place.edit(change);
  const ports = {
    http: await place.port(8080),
    https: await place.port(8081),
    http2: await place.port(8082),
    h2c: await place.port(8083),
    tcp: await place.port(8084),
    halfOpen: await place.port(8085),
    udp: await place.port(8086),
    socket: place.path('app.sock'),
  };
  const supervisor = up(place.file, { env });
  await supervisor.converged();
  const command = async (...args: string[]): Promise<Ran> => {
    const ran = await run(args, { cwd: place.folder, inBackground: true });
    if (ran.code !== 0) throw new Error(`cluster-up ${args.join(' ')} exited with ${ran.code}:\n${ran.all}`);
    return ran;
  };
  return { place, ports, supervisor, command };
}

/** The process ids of the workers by slot, as the workers themselves tell. */
export async function workers({ ports }: World, slots: number): Promise<number[]> {
  const pids: number[] = [];
  await until(`${slots} workers answer`, async () => {
    const { slot, pid } = await getJson<Who>(ports.http);
    pids[slot] = pid;
    return pids.filter((known) => known > 0).length === slots;
  });
  return pids;
}

/** Waits until these workers have gone, and the others are as many as wanted. */
export async function replaced({ supervisor }: World, pids: readonly number[], left: number): Promise<void> {
  await gone(pids);
  await until(`${left} workers are left`, () => supervisor.processes().length === left + 1);
}
