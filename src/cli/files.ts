/** Which ecosystem file a command is about. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { orElse } from '../files/proc-fs.ts';

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
export function findFile(named: string | undefined, cwd: () => string = workingFolder): string | null {
  // The folder need not be there any more.
  if (named !== undefined && path.isAbsolute(named)) return path.resolve(named);
  const folder = cwd();
  if (named !== undefined) return path.resolve(folder, named);
  return NAMES.map((name) => path.join(folder, name)).find((file) => existsSync(file)) ?? null;
}

export function noFile(cwd: string = workingFolder()): string {
  return `no ecosystem file in ${cwd}: name one (cluster-up FILE), or create ${NAMES[0] ?? ''}`;
}

/**
 * The working directory by the path that the shell took: the system itself knows only where that led, and a link on the
 * way, such as `current`, may lead elsewhere tomorrow.
 */
export function workingFolder(
  real: string = process.cwd(),
  taken: string | undefined = process.env['PWD'],
): string {
  if (taken === undefined || !path.isAbsolute(taken) || path.normalize(taken) !== taken) return real;
  return isSameFolder(real, taken) ? taken : real;
}

/** For those who do without where it is not there any more: files may be named by their whole path. */
export function workingFolderOrRoot(): string {
  return orElse(path.parse(path.sep).root, () => workingFolder());
}

function isSameFolder(a: string, b: string): boolean {
  try {
    const [one, other] = [statSync(a), statSync(b)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false;
  }
}
