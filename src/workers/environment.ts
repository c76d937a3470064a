/** The variables that a process gets: the file's over the supervisor's own, then what tells workers apart. */
import type { Launch } from './handle.ts';

export function environment({ spec, slot }: Launch): Record<string, string> {
  const { env, instanceVar, incrementVar } = spec.process;
  const result: Record<string, string> = { ...env, [instanceVar]: String(slot) };
  if (incrementVar !== null) {
    const base = Number(env[incrementVar] ?? 0);
    if (Number.isFinite(base)) result[incrementVar] = String(base + slot);
  }
  return result;
}
