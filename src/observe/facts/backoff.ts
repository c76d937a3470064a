/** How long a slot waits before it is tried again. */
import { hash } from '../../model/hash.ts';
import type { ObservedApp, SlotRecord } from '../../model/observed.ts';
import { MAX_BACKOFF, type RestartSpec } from '../../model/spec.ts';

/** By up to this share a wait is cut short. */
const JITTER = 0.25;

/**
 * From its last exit on: the first restart is immediate, each further one waits twice as long as the one before, up
 * to `MAX_BACKOFF`, less some jitter, so that what failed together does not come back together.
 */
export function restartDelay(app: ObservedApp, record: SlotRecord): number {
  const longest = longestDelay(app.spec.restart, record.failures);
  if (app.spec.restart.delay > 0) return longest;
  return Math.round(longest * (1 - JITTER * chance(`${app.name} ${record.slot} ${record.exitedAt}`)));
}

/** The same without jitter. */
export function longestDelay({ delay, backoff }: RestartSpec, failures: number): number {
  if (delay > 0) return delay;
  if (failures < 2) return 0;
  // A first step of 0 would spin on a program that cannot even be started.
  return Math.min(MAX_BACKOFF, Math.max(1, backoff) * 2 ** (failures - 2));
}

/**
 * A number from 0 to 1 made from a text. A random one would be another in each plan of the same state, so it comes from
 * the state: the slot tells workers apart, and the time of the exit, in fractions of a millisecond on a clock that
 * begins anywhere, tells attempts and machines apart.
 */
function chance(text: string): number {
  return hash(text) / 2 ** 32;
}
