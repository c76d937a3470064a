/** From an ecosystem file to the supervisor that runs it, also in moments when its control socket is not there. */
import { setTimeout as delay } from 'node:timers/promises';
import { connect, ControlError, type Client } from './client.ts';
import { Lease } from './lease.ts';
import { doorPath, runtimeFolder, socketPath } from './paths.ts';

/** @throws UnsafeFolder */
export function socketOf(file: string): string {
  return socketPath(runtimeFolder(), file);
}

/** @throws UnsafeFolder */
export function doorOf(file: string): string {
  return doorPath(runtimeFolder(), file);
}

/**
 * The supervisor that runs `file`, or null if none does. Close it when done.
 *
 * @throws UnsafeFolder, ControlError; Unreachable is one, where it lives and does not answer
 */
export function connectTo(file: string): Promise<Client | null> {
  return reach(socketOf(file));
}

/** How long a supervisor that lives is waited for, in ms: it makes a control socket that is gone again before. */
export const PATIENCE = 5000;
/** How often it is looked for, in ms: the kernel tells nobody of either. */
export const STEP = 20;

/** A supervisor lives and does not answer. */
export class Unreachable extends ControlError {
  readonly pid: number;

  constructor(pid: number) {
    super(
      `the supervisor (pid ${pid}) lives, but its control socket is gone and has not come back within ${PATIENCE / 1000} s: kill ${pid} drains what it runs and ends it`,
    );
    this.pid = pid;
  }
}

/**
 * The supervisor whose control socket `path` is; null if there is none.
 *
 * @throws Unreachable, ControlError
 */
export async function reach(path: string, patience: number = PATIENCE): Promise<Client | null> {
  const lease = new Lease(path);
  const since = performance.now();
  for (;;) {
    const client = await connect(path);
    if (client !== null) return client;
    const holder = lease.holder();
    if (holder === null) return null;
    if (performance.now() - since > patience) throw new Unreachable(holder);
    await delay(STEP);
  }
}
