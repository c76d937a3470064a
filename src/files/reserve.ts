/**
 * Descriptors that are kept for what must go on when the process is at its limit: looking at the processes that are to
 * be ended, answering a client, writing down which processes there are. Only starts are held to what else is free, but
 * for those of an app that nobody serves.
 */
import { closeSync, openSync } from 'node:fs';

/** So many are held. */
const SIZE = 8;
/** Left free for clients and files as long as any is held. */
const FREE = 4;

const held: number[] = [];

/** Holds all of it, or what there is of it; to be called before a process is started. */
export function fillReserve(): void {
  take(held, SIZE);
}

/** Lets go of as many as it takes for a few to be free; to be called once a process has been started. */
export function easeReserve(): void {
  const free: number[] = [];
  while (take(free, FREE) < FREE && held.length > 0) drop(held, 1);
  drop(free, FREE);
}

/** Lets go of all. */
export function dropReserve(): void {
  drop(held, SIZE);
}

/** What fails for want of descriptors is tried again with those of the reserve. */
export function withReserve<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!isForWant(error) || held.length === 0) throw error;
  }
  drop(held, SIZE);
  try {
    return act();
  } finally {
    fillReserve();
    easeReserve();
  }
}

/** Whether it failed because too many files are open, in this process (EMFILE) or on this machine (ENFILE). */
export function isForWant(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'EMFILE' || code === 'ENFILE';
}

function take(into: number[], size: number): number {
  try {
    while (into.length < size) into.push(openSync('/dev/null', 'r'));
  } catch {
    // There are no more.
  }
  return into.length;
}

function drop(from: number[], size: number): void {
  for (const fd of from.splice(-size)) {
    try {
      closeSync(fd);
    } catch {
      // It is gone all the same.
    }
  }
}
