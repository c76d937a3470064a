/** Words for people, the same in logs, plans and errors. */
import path from 'node:path';
import type { DrainCounts, DrainLedger } from './ledger.ts';
import type { Exit } from './observed.ts';

/** `420 ms`, `1.5 s`, `2 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Number((ms / 1000).toFixed(1))} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** That the file was rejected, and why. */
export function rejectionText(file: string, error: string): string {
  return `${path.basename(file)} was rejected: ${error}`;
}

/** What has been thrown, in its own words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `no space left on device (ENOSPC)` of an error of the system. */
export function systemReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? messageOf(error) : `${/: ([^,]+)/.exec(message)?.[1] ?? message} (${code})`;
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

/** `3 requests in flight, 1 came later; 4 finished, 2 idle connections closed`; what is 0 is left out. */
export function ledgerText(counts: DrainCounts): string {
  const { inFlight, arrived, finished, aborted, cutOff, closedIdle } = counts;
  const before = [`${count(inFlight, 'request')} in flight`, ...some(arrived, 'came later')];
  const after = [
    ...some(finished, 'finished'),
    ...some(aborted, 'given up'),
    ...some(cutOff, 'cut off'),
    ...(closedIdle > 0 ? [`${count(closedIdle, 'idle connection')} closed`] : []),
  ];
  return [before.join(', '), ...(after.length === 0 ? [] : [after.join(', ')])].join('; ');
}

/** `3 requests: GET /export (2), POST /upload`; null if none was. */
export function cutOffText({ cutOff, cut }: DrainLedger): string | null {
  if (cutOff === 0) return null;
  const names = cut.map(({ request, times }) => (times === 1 ? request : `${request} (${times})`));
  const isAll = cut.reduce((sum, { times }) => sum + times, 0) === cutOff;
  return `${count(cutOff, 'request')}: ${[...names, ...(isAll ? [] : ['others'])].join(', ')}`;
}

function some(n: number, what: string): string[] {
  return n > 0 ? [`${n} ${what}`] : [];
}
