import { createHash } from 'node:crypto';

/** The name of a plan for a file that nothing runs yet. */
export function planIdOf(generation: string): string {
  return createHash('sha256').update(generation).digest('hex').slice(0, 8);
}
