/** Why there is no release: one or two sentences, what is wrong and what to do. */
import { maskLines } from '../shared/mask.ts';

export class ReleaseError extends Error {
  /** What the program that failed said last; empty where none did. */
  readonly last: readonly string[];

  constructor(message: string, last: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
    super(message);
    this.last = maskLines(last, env);
  }
}

/** It was ended from outside, so that anything may be half done. */
export class CutOff extends ReleaseError {}

export class Aborted extends CutOff {
  constructor() {
    super('It was ended before it was done.');
  }
}

/** What the system says, in words; what is none of the system's is left as it is. */
export function inWords(error: unknown, doing: string): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  const at = path === undefined ? '' : ` of ${path}`;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return fullDisk(doing);
    case 'EACCES':
    case 'EPERM':
      return new ReleaseError(`${doing} failed: there is no permission${at}. Check it with \`ls -ld\`.`);
    case 'EROFS':
      return new ReleaseError(`${doing} failed: the file system${at} is read-only.`);
    case 'ENOENT':
    case 'ENOTDIR':
      return new ReleaseError(`${doing} failed: there is no ${path ?? 'such file'}.`);
    default:
      return error instanceof Error && code !== undefined && !(error instanceof ReleaseError)
        ? new ReleaseError(`${doing} failed: ${error.message}.`)
        : error;
  }
}

export function fullDisk(doing: string): ReleaseError {
  return new ReleaseError(
    `${doing} failed: there is no space left on the disk. Make room there, or lower \`source.keep\`.`,
  );
}
