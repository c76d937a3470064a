/** Words for people, the same in logs, plans and errors. */
import type { Exit } from './observed.ts';

/** `420 ms`, `1.5 s`, `2 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Number((ms / 1000).toFixed(1))} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** `1 worker`, `3 workers`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** `exited with code 1`, `was killed by SIGKILL`, or why it could not be started. */
export function exitText({ code, signal, spawnError, outOfMemory }: Exit): string {
  if (spawnError !== null) return `could not start: ${spawnError}`;
  if (outOfMemory === 'kernel') return 'ran out of memory: the kernel killed it';
  if (outOfMemory === 'heap') return 'ran out of memory: it reached the limit of its V8 heap';
  if (signal !== null) return `was killed by ${signal}`;
  return `exited with code ${code ?? 'unknown'}`;
}

/** `canary 1 of 4, goes on in 25 s`; `left` in ms, rounded up to seconds, or null while it is not available yet. */
export function canaryText(canaries: number, instances: number, left: number | null): string {
  const text = `canary ${canaries} of ${instances}`;
  if (left === null) return `${text}, not available yet`;
  return `${text}, goes on in ${duration(Math.ceil(left / 1000) * 1000)}`;
}
