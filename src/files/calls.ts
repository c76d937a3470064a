/**
 * What is to be asked of the file system, one call after the other. Written once, and made in one turn of the event
 * loop where an answer is due at once, else in many.
 */
import fs, { type Stats } from 'node:fs';

/** By the names of node:fs, without `Sync`. */
export type Call =
  | readonly ['lstat' | 'stat' | 'readlink' | 'unlink', path: string]
  | readonly ['mkdir', path: string, mode: number]
  | readonly ['open', path: string, flags: number, mode: number | undefined]
  | readonly ['fstat' | 'close', fd: number]
  | readonly ['read', fd: number, into: Uint8Array, offset: number, length: number, position: null];

/** Each `yield` is answered with what the call returns; a failure is thrown there. */
export type Calls<T> = Generator<Call, T, unknown>;

/** Makes one call; a test may do something else before it. */
export type Make = (call: Call) => unknown;

/** All in this turn of the event loop. */
export function atOnce<T>(calls: Calls<T>, make: Make = makeNow): T {
  let next = calls.next();
  while (next.done !== true) next = answered(calls, () => make(next.value as Call));
  return next.value;
}

/** Each call in the thread pool. */
export async function inTurns<T>(calls: Calls<T>): Promise<T> {
  let next = calls.next();
  while (next.done !== true) {
    const [error, answer] = await makeLater(next.value);
    next = error === null ? calls.next(answer) : calls.throw(error);
  }
  return next.value;
}

export function* lstat(path: string): Calls<Stats> {
  return (yield ['lstat', path]) as Stats;
}

export function* fstat(fd: number): Calls<Stats> {
  return (yield ['fstat', fd]) as Stats;
}

export function* open(path: string, flags: number, mode?: number): Calls<number> {
  return (yield ['open', path, flags, mode]) as number;
}

export function* close(fd: number): Calls<void> {
  yield ['close', fd];
}

/** Whether the system has said this, and why else. */
export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

export function makeNow([name, ...args]: Call): unknown {
  const call = fs[`${name}Sync`] as (...args: readonly unknown[]) => unknown;
  return call(...args);
}

function answered<T>(calls: Calls<T>, make: () => unknown): IteratorResult<Call, T> {
  let answer: unknown;
  try {
    answer = make();
  } catch (error) {
    return calls.throw(error);
  }
  return calls.next(answer);
}

function makeLater([name, ...args]: Call): Promise<[error: Error | null, answer: unknown]> {
  const call = fs[name] as (...args: readonly unknown[]) => void;
  return new Promise((resolve) => {
    call(...args.filter((value) => value !== undefined), (error: Error | null, answer: unknown) =>
      resolve([error, answer]),
    );
  });
}
