/** A load of any protocol that never tries again: lanes that do one thing after the other, and count. */
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

export interface Lanes {
  readonly ok: () => number;
  /** Waits until so many more have succeeded, or any has failed. */
  readonly more: (times: number) => Promise<void>;
  /** Lets what is under way end. The failures are the messages of all that failed. */
  readonly stop: () => Promise<{ ok: number; failures: readonly string[] }>;
}

/** What one lane does again and again: it rejects where a request has failed. */
export interface Lane {
  readonly once: () => Promise<void>;
  readonly close?: () => void;
}

export async function lanes(count: number, open: () => Lane): Promise<Lanes> {
  let ok = 0;
  let stopped = false;
  const failures: string[] = [];
  const run = async (lane: Lane): Promise<void> => {
    while (!stopped) {
      await lane.once().then(
        () => (ok += 1),
        (error: unknown) => failures.push(String(error)),
      );
    }
    lane.close?.();
  };
  const all = Promise.all(Array.from({ length: count }, () => run(open())));
  onTestFinished(() => void (stopped = true));
  const more = async (times: number): Promise<void> => {
    const wanted = ok + times;
    await until(
      () => `${wanted} requests: ${ok} came, ${failures.slice(0, 5).join('; ')}`,
      () => ok >= wanted || failures.length > 0,
    );
  };
  const stop = async (): ReturnType<Lanes['stop']> => {
    stopped = true;
    await all;
    return { ok, failures };
  };
  await more(count);
  return { ok: () => ok, more, stop };
}
