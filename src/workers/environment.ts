/** The variables that a process gets: the file's over the supervisor's own, then what tells workers apart. */
import path from 'node:path';
import { isFiltered } from '../model/spec.ts';
import type { Launch } from './handle.ts';

/** To be put over the supervisor's own; a variable that is undefined is taken away from it. */
export function environment({
  spec,
  slot,
}: Pick<Launch, 'spec' | 'slot'>): Record<string, string | undefined> {
  const { env, inherited = {}, instanceVar, incrementVar, filterEnv, shell, cwd } = spec.process;
  const filtered = Object.keys(process.env).filter((name) => isFiltered(name, filterEnv));
  const result: Record<string, string | undefined> = {
    ...Object.fromEntries(Object.entries(inherited).map(([name, value]) => [name, value ?? undefined])),
    ...Object.fromEntries(filtered.map((name) => [name, undefined])),
    ...env,
    [instanceVar]: String(slot),
  };
  if (incrementVar !== null) {
    const base = Number(env[incrementVar] ?? 0);
    if (Number.isFinite(base)) result[incrementVar] = String(base + slot);
  }
  const PATH = Object.hasOwn(result, 'PATH') ? result['PATH'] : process.env['PATH'];
  if (shell && PATH !== undefined) result['PATH'] = [...bins(cwd), PATH].join(path.delimiter);
  return result;
}

/** Where packages have their programs, from a folder upwards: a line for the shell finds what npm would find. */
function bins(folder: string): readonly string[] {
  const above = path.dirname(folder);
  return [path.join(folder, 'node_modules', '.bin'), ...(above === folder ? [] : bins(above))];
}
