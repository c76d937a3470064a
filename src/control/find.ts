/** From an ecosystem file to the supervisor that runs it, also in moments when its control socket is not there. */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type Client } from './client.ts';
import { Lease } from './lease.ts';
import { nameFor, rendezvousPath, runtimeFolder, socketPath } from './paths.ts';
import { socketsNamed } from './places.ts';
import { Looks } from './stillness.ts';
import { PATIENCE, Unreachable } from './unreachable.ts';
import { watched } from './watched.ts';

/** Where a supervisor of the file that is started now has its control socket. @throws UnsafeFolder */
export function socketOf(file: string): string {
  return socketPath(runtimeFolder(), file);
}

/** @throws UnsafeFolder */
export function rendezvousOf(file: string): string {
  return rendezvousPath(runtimeFolder(), file);
}

/** Of the one supervisor of the file, wherever its control socket is. */
export function leaseOf(file: string): Lease {
  return new Lease(nameFor(file));
}

/**
 * The supervisor that runs `file`, or null if none does. Close it when done.
 *
 * @throws ControlError; Unreachable is one, where it lives and does not answer
 */
export function connectTo(file: string, env: NodeJS.ProcessEnv = process.env): Promise<Client | null> {
  return reachNamed(nameFor(file), env);
}

/** The one whose control socket has that name, in whichever folder it is. @throws as `connectTo` */
export function reachNamed(name: string, env: NodeJS.ProcessEnv = process.env): Promise<Client | null> {
  return reach(() => socketsNamed(name, env), new Lease(name));
}

/** Its name, of the path of a control socket. */
export function nameAt(socket: string): string {
  return path.basename(socket, '.sock');
}

/** Whoever listens for the file now, in any of the places. @throws ControlError */
export async function listenerFor(file: string): Promise<Client | null> {
  const lease = leaseOf(file);
  const client = await firstOf(socketsNamed(nameFor(file)));
  return client === null ? null : watched(client, () => lease.holder());
}

/** How often it is looked for, in ms: the kernel tells nobody of either. */
export const STEP = 20;

/**
 * The supervisor that has one of these control sockets; null if there is none. Its calls wait for one that is slow, and
 * fail with Unreachable once it stands still.
 *
 * @throws Unreachable, ControlError
 */
export async function reach(
  sockets: () => readonly string[],
  lease: Lease,
  patience: number = PATIENCE,
): Promise<Client | null> {
  const looks = new Looks();
  const since = performance.now();
  for (;;) {
    const client = await firstOf(sockets());
    if (client !== null) return watched(client, () => lease.holder());
    const holder = lease.holder();
    if (holder === null) return null;
    failIfStopped(holder, looks);
    if (performance.now() - since > patience) throw new Unreachable(holder);
    await delay(STEP);
  }
}

/** Nobody has asked it anything yet, so that nothing else is to be seen of it. @throws Unreachable */
export function failIfStopped(pid: number, looks: Looks): void {
  const how = looks.again(pid);
  if (how === 'stopped' || how === 'traced') throw new Unreachable(pid, how);
}

async function firstOf(sockets: readonly string[]): Promise<Client | null> {
  for (const socket of sockets) {
    const client = await connect(socket);
    if (client !== null) return client;
  }
  return null;
}
