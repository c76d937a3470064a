/** Waiting for a condition, never for a time. */
import { setTimeout as sleep } from 'node:timers/promises';

const STEP = 10;

/** Resolves with the first truthy value; fails with `what` after `within` ms. */
export async function until<T>(
  what: string | (() => string),
  condition: () => T | Promise<T>,
  within = 20_000,
): Promise<NonNullable<T>> {
  const end = performance.now() + within;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) {
      throw new Error(`not within ${within} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await sleep(STEP);
  }
}
