/** Hashes that tell whether something changed. */
import { createHash } from 'node:crypto';
import type { ProcessSpec } from '../model/spec.ts';

/** First 8 hex digits of the SHA-256 of what a process is made of. */
export function revisionOf(process: ProcessSpec): string {
  return sha256(canonicalJson(process)).slice(0, 8);
}

export function sha256(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  // Lengths keep ['ab', 'c'] apart from ['a', 'bc'].
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex');
}

/** JSON with sorted keys, so that the order in the file does not matter. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const record = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(record).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`).join(',')}}`;
}

export function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
