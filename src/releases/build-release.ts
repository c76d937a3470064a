/** The lines of `build`, one after the other, in the folder of the release. */
import type { SourceSpec } from '../model/source.ts';
import { duration } from '../model/text.ts';
import { maskCommandLine } from '../shared/mask.ts';
import { fullDisk, inWords, ReleaseError } from './release-error.ts';
import { runProgram, type Ended } from './run-program.ts';

export interface Building {
  readonly folder: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Each process that builds, as it begins. */
  readonly begun: (pid: number) => void;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** @throws ReleaseError with the last lines of the one that failed */
export async function buildRelease(
  { build, buildTimeout, user }: Pick<SourceSpec, 'build' | 'buildTimeout' | 'user'>,
  { folder, env, begun, log, signal }: Building,
): Promise<void> {
  const until = performance.now() + buildTimeout;
  for (const line of build) {
    const shown = maskCommandLine(line);
    log(`$ ${shown}`);
    const ended = await runProgram({
      file: '/bin/sh',
      args: ['-c', line],
      cwd: folder,
      env,
      user,
      limit: Math.max(1, until - performance.now()),
      signal,
      begun,
      line: log,
    }).catch((error: unknown) => {
      throw inWords(error, `Building with \`${shown}\``);
    });
    const failure = failureOf(ended, shown, buildTimeout);
    if (failure === null) continue;
    if (ended.last.some((text) => /\bENOSPC\b|No space left on device/.test(text)))
      throw fullDisk(`Building with \`${shown}\``);
    throw new ReleaseError(failure, ended.last, env);
  }
}

function failureOf({ code, signal, tooLong }: Ended, line: string, limit: number): string | null {
  if (tooLong)
    return `The build was not done within ${duration(limit)} and was ended in \`${line}\`. Raise \`source.build_timeout\`, and see that it asks for nothing.`;
  if (code === 0) return null;
  const how = signal === null ? `exited with code ${code ?? 'unknown'}` : `was killed by ${signal}`;
  return `The build failed: \`${line}\` ${how}. Nothing was touched; mend it, and try again.`;
}
