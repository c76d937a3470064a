/** Loading an ecosystem file with this machine's facts: cores, environment, version of Node. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { loadEcosystem, type Loaded } from '../config/load-ecosystem.ts';
import type { SourceSpec } from '../model/source.ts';
import type { Desired } from '../model/spec.ts';
import type { ShellEnvironment } from '../model/inherited.ts';
import { thisMachine } from '../config/machine/this-machine.ts';
import { differenceOf, inheriting } from './inherit.ts';

/** The absolute folder of the release that apps with this source are to run; null where it is not there. */
export type ReleaseOf = (source: SourceSpec) => string | null;

export interface Selection {
  /** Which `env_NAME` block is merged over `env`. */
  readonly env?: string;
  /** The apps to look at; all without it. */
  readonly only?: readonly string[];
}

/**
 * Reads and checks the file. Mistakes in it are diagnostics, never thrown.
 *
 * @param missingScript how bad a script is that does not exist: in CI the build may come later, `up` needs it now
 * @param brought the environment that somebody has brought, in place of our own
 */
export async function load(
  file: string,
  selection: Selection = {},
  missingScript: 'warning' | 'error' = 'error',
  brought?: ShellEnvironment,
  releaseOf?: ReleaseOf,
): Promise<Loaded> {
  const loaded = await loadEcosystem(file, {
    ...(selection.env === undefined ? {} : { envName: selection.env }),
    ...(selection.only === undefined ? {} : { only: selection.only }),
    ...thisMachine(),
    processEnv: brought ?? process.env,
    missingScript,
    ...(releaseOf === undefined ? {} : { releaseOf }),
  });
  if (brought === undefined || loaded.desired === null) return loaded;
  const desired = inheriting(loaded.desired, differenceOf(process.env, brought));
  return withDesired(loaded, desired);
}

/** The same but for that. It is not copied, as its texts are made where somebody looks. */
export function withDesired(loaded: Loaded, desired: Desired): Loaded {
  return Object.create(loaded, { desired: { value: desired, enumerable: true } }) as Loaded;
}

/** All that is to be said about the file, with scripts that do not exist as warnings. Empty is perfect. */
export async function validate(file: string, selection: Selection = {}): Promise<readonly Diagnostic[]> {
  return (await load(file, selection, 'warning')).diagnostics;
}
