/** Which ecosystem file a command is about. */
import { existsSync } from 'node:fs';
import path from 'node:path';

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

/** The file that was named, or the first of the usual names; null if there is none. */
export function findFile(named: string | undefined, cwd: string = process.cwd()): string | null {
  if (named !== undefined) return path.resolve(cwd, named);
  return NAMES.map((name) => path.join(cwd, name)).find((file) => existsSync(file)) ?? null;
}

export function noFile(cwd: string = process.cwd()): string {
  return `no ecosystem file in ${cwd}: name one (cluster-up FILE), or create ${NAMES[0] ?? ''}`;
}
