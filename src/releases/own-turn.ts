/** One at a time works in a folder, of all supervisors of this user: whoever has its lease. */
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Lease } from '../control/lease.ts';
import { Aborted } from './release-error.ts';

/** From one look to the next, in ms. */
const STEP = 100;

/** Elsewhere than on Linux there is no such lease: there, one supervisor to a file is all that keeps two apart. */
export async function inTurn<T>(folder: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const lease = new Lease(`release ${folder}`);
  while (lease.take() === 'taken') {
    await delay(STEP, undefined, { signal }).catch(() => {});
    if (signal.aborted) throw new Aborted();
  }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await work();
  } finally {
    lease.release();
  }
}
