/** How much may be written to a file before it is to be rotated. Pure. */
import type { LogRotation } from '../model/logging.ts';
import { NEWLINE } from './backlog.ts';

export interface Filled {
  /** In bytes. */
  readonly size: number;
  /** In ms. */
  readonly age: number;
  /** What was written last ended a line. */
  readonly isLineStart: boolean;
}

/** So many of the bytes, to the end of a line; 0 is none before it is rotated. */
export function fitting(
  bytes: Buffer,
  { size, age, isLineStart }: Filled,
  { maxSize, maxAge }: Pick<LogRotation, 'maxSize' | 'maxAge'>,
): number {
  const room = maxSize - size;
  const isOld = size > 0 && maxAge !== null && age >= maxAge;
  if (bytes.length <= room && !isOld) return bytes.length;
  const line = bytes.indexOf(NEWLINE) + 1 || bytes.length;
  if (!isLineStart) return line;
  const whole = room > 0 && !isOld ? bytes.lastIndexOf(NEWLINE, room - 1) + 1 : 0;
  if (whole > 0) return whole;
  // A line that is longer than a whole file gets one of its own.
  return size === 0 ? line : 0;
}
