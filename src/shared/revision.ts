/** Hashes that tell whether something changed. */
import { hash } from 'node:crypto';
import type { AppSpec, ProcessSpec } from '../model/spec.ts';

/** First 8 hex digits of the SHA-256 of what a process is made of. */
export function revisionOf(process: ProcessSpec): string {
  return sha256(canonicalJson(process)).slice(0, 8);
}

/** The same app of another process, which is another revision. */
export function withProcess(spec: AppSpec, process: ProcessSpec): AppSpec {
  return { ...spec, process, revision: revisionOf(process) };
}

export function sha256(...parts: readonly string[]): string {
  // Lengths keep ['ab', 'c'] apart from ['a', 'bc'].
  return hash('sha256', parts.map((part) => `${part.length}:${part}`).join(''));
}

/** JSON with sorted keys, so that the order in the file does not matter. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const record = value as Readonly<Record<string, unknown>>;
  let json = '';
  for (const key of Object.keys(record).sort()) {
    json += `${json === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(record[key])}`;
  }
  return `{${json}}`;
}

export function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    for (const part of Object.values(Object.freeze(value))) deepFreeze(part);
  }
  return value;
}
