/** Loading an ecosystem file with this machine's facts, for the commands that need it. */
import os from 'node:os';
import { loadEcosystem, type Loaded } from '../config/load.ts';

export interface LoadFlags {
  /** `--env NAME`: which `env_NAME` block is merged over `env`. */
  readonly env?: string;
  /** `--only a,b`: the apps to look at. */
  readonly only?: readonly string[];
}

export function load(file: string, flags: LoadFlags, missingScript: 'warning' | 'error'): Promise<Loaded> {
  return loadEcosystem(file, {
    ...(flags.env === undefined ? {} : { envName: flags.env }),
    ...(flags.only === undefined ? {} : { only: flags.only }),
    cores: os.availableParallelism(),
    processEnv: process.env,
    nodeVersion: process.version,
    missingScript,
  });
}
