/** One supervisor per ecosystem file: whoever has its lease, and where there is none its control socket, is it. */
import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, ControlError, type Client } from './client.ts';
import { Lease } from './lease.ts';
import { failIfStopped, STEP } from './find.ts';
import { Looks } from './stillness.ts';
import { PATIENCE, Unreachable } from './unreachable.ts';
import { serve, type ControlServer, type Handlers } from './server.ts';

/** A claim takes milliseconds; one that is older than this, in ms, was left behind by a process that died. */
const STALE_CLAIM = 5000;
/** A process that is ending may still have a name and no descriptors any more, for no longer than this, in ms. */
const BETWEEN = 1000;

export type Claim =
  | { readonly server: ControlServer; readonly lease: Lease; readonly other: null }
  | { readonly server: null; readonly lease: null; readonly other: Client };

/**
 * Serves on `path`, or connects to the supervisor that already does. Of two that start at once, one serves and the
 * other connects; one that lives and cannot be reached now is waited for.
 *
 * @param failed, say as of `serve`
 * @param lease is held from then on, until it is released or the process ends
 * @param look finds another one wherever it may listen
 * @throws Unreachable, UnsafeFolder, ControlError
 */
export async function claim(
  path: string,
  handlers: Handlers,
  failed: (error: unknown) => void,
  say: (text: string) => void = () => {},
  lease: Lease = new Lease(path),
  look: () => Promise<Client | null> = () => connect(path),
): Promise<Claim> {
  const serveHere = (): Promise<Claim> =>
    serveAt(path, lease, look, () => serve(path, handlers, failed, say));
  const looks = new Looks();
  const since = performance.now();
  /** The holder was last seen then. */
  let seen = since;
  for (;;) {
    const other = await look();
    if (other !== null) return { server: null, lease: null, other };
    const taken = lease.take();
    if (taken !== 'taken') return serveHere();
    const now = performance.now();
    const holder = lease.holder();
    if (holder !== null) seen = now;
    else if (now - seen > BETWEEN) {
      say(SQUATTED);
      return serveHere();
    }
    if (holder !== null) failIfStopped(holder, looks);
    if (holder !== null && now - since > PATIENCE) throw new Unreachable(holder);
    await delay(STEP);
  }
}

const SQUATTED =
  'no process of yours has the name that says who the supervisor of this file is, and yet it is taken (docs/security.md): going on without it';

async function serveAt(
  path: string,
  lease: Lease,
  look: () => Promise<Client | null>,
  open: () => Promise<ControlServer>,
): Promise<Claim> {
  let leave = (): void => {};
  try {
    leave = await enter(`${path}.claim`);
    // It may be one that has no lease, or has it where we cannot see it: in another container, for one.
    const other = await look();
    if (other === null) return { server: await open(), lease, other: null };
    lease.release();
    return { server: null, lease: null, other };
  } catch (error) {
    lease.release();
    if (!isOfTheSystem(error)) throw error;
    throw new ControlError(`cannot serve the control socket ${path}: ${error.message}`);
  } finally {
    leave();
  }
}

function isOfTheSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}

/** Making a folder is atomic, so only one process at a time is between here and its removal. */
async function enter(folder: string): Promise<() => void> {
  for (;;) {
    try {
      mkdirSync(folder, { mode: 0o700 });
      return () => remove(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isStale(folder)) remove(folder);
    else await delay(STEP);
  }
}

function isStale(folder: string): boolean {
  try {
    // A clock that was set back makes it one of the future, which nobody has made just now.
    return Math.abs(Date.now() - statSync(folder).mtimeMs) > STALE_CLAIM;
  } catch {
    return false; // It has gone meanwhile.
  }
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody else was faster.
  }
}
