/** Loading an ecosystem file with this machine's facts, for the commands that need it. */
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loadEcosystem, type Loaded } from '../config/load.ts';

/** Looked for in the working directory, in this order, where no file is named. */
const NAMES = [
  'ecosystem.yml',
  'ecosystem.yaml',
  'ecosystem.config.yml',
  'ecosystem.config.yaml',
  'pm2.yml',
  'pm2.yaml',
  'process.yml',
  'process.yaml',
  'ecosystem.json',
  'ecosystem.config.json',
  'pm2.json',
  'process.json',
];

export interface LoadFlags {
  /** `--env NAME`: which `env_NAME` block is merged over `env`. */
  readonly env?: string;
  /** `--only a,b`: the apps to look at. */
  readonly only?: readonly string[];
}

/** The file that was named, or the first of the usual names; null if there is none. */
export function findFile(named: string | undefined, cwd: string = process.cwd()): string | null {
  if (named !== undefined) return path.resolve(cwd, named);
  return NAMES.map((name) => path.join(cwd, name)).find((file) => existsSync(file)) ?? null;
}

export function noFile(cwd: string = process.cwd()): string {
  return `no ecosystem file in ${cwd}: name one (cluster-up FILE), or create ${NAMES[0] ?? ''}`;
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
