/** What workers inherit of the environment that somebody has brought. Pure. */
import path from 'node:path';
import type { Inherited, ShellEnvironment } from '../model/inherited.ts';
import { isFiltered, type AppSpec, type Desired, type ProcessSpec } from '../model/spec.ts';
import { canonicalJson, deepFreeze, sha256, withProcess } from '../shared/revision.ts';
import { isOfSession } from './session-variables.ts';

/** In what a shell differs from the environment that the supervisor has itself, but for what is of the session. */
export function differenceOf(
  own: Readonly<Record<string, string | undefined>>,
  shell: ShellEnvironment,
): Inherited {
  const names = new Set([...Object.keys(own), ...Object.keys(shell)]);
  const differing = [...names].filter((name) => {
    const [before, after] = [own[name], Object.hasOwn(shell, name) ? shell[name] : undefined];
    return !isOfSession(name) && compared(name, before) !== compared(name, after);
  });
  const valueOf = (name: string): string | null =>
    Object.hasOwn(shell, name) ? (shell[name] ?? null) : null;
  return Object.fromEntries(differing.sort().map((name) => [name, valueOf(name)]));
}

/**
 * The file in an environment that differs so: each app whose processes inherit a variable that does is of another
 * revision. Only the difference is part of it: in the environment that it was started with, a supervisor has the
 * revisions that the file alone gives, whichever supervisor it is, and once a variable is as it was, so is the revision.
 */
export function inheriting(file: Desired, difference: Inherited): Desired {
  const apps = file.apps.map((spec) => withInherited(spec, inheritedBy(spec.process, difference)));
  const inherited = apps.map(({ process }) => process.inherited ?? null);
  if (inherited.every((of) => of === null)) return file;
  // Another content, for whoever compares.
  return deepFreeze({ ...file, generation: sha256(file.generation, canonicalJson(inherited)), apps });
}

/** Neither what the file sets nor what it filters. */
export function inheritedBy(process: ProcessSpec, difference: Inherited): Inherited {
  const { env, instanceVar, filterEnv } = process;
  const isSet = (name: string): boolean => Object.hasOwn(env, name) || name === instanceVar;
  return Object.fromEntries(
    Object.entries(difference).filter(([name]) => !isSet(name) && !isFiltered(name, filterEnv)),
  );
}

function withInherited(spec: AppSpec, inherited: Inherited): AppSpec {
  if (Object.keys(inherited).length === 0) return spec;
  return withProcess(spec, { ...spec.process, inherited });
}

/** `npx` and `npm run` put folders before PATH: the same command without them is no other environment. */
function compared(name: string, value: string | undefined): string | undefined {
  if (name !== 'PATH') return value;
  return value
    ?.split(path.delimiter)
    .filter((folder) => !/[\\/](node_modules[\\/]\.bin|node-gyp-bin)$/.test(folder))
    .join(path.delimiter);
}
