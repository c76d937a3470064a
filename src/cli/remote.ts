/** Commands that ask the running supervisor of an ecosystem file. */
import { existsSync } from 'node:fs';
import { ControlError, type Client } from '../control/client.ts';
import { connectTo } from '../control/find.ts';
import { namesakesOf, namesakeText } from '../control/same-file.ts';
import { UnsafeFolder } from '../control/paths.ts';
import { Unreachable } from '../control/unreachable.ts';
import { count } from '../model/text.ts';
import { printableLines } from './printable.ts';
import { findFile, noFile } from './files.ts';

export interface RemoteFlags {
  /** `-f FILE`: which ecosystem file it is about; else the one in the working directory. */
  readonly file?: string;
}

/**
 * Runs `command` with the supervisor of the file; resolves with the exit code.
 *
 * @param without is run where there is none; without it, that is a failure.
 * @param unreachable is run where it lives and does not answer; without it, that is a failure.
 */
export async function withSupervisor(
  flags: RemoteFlags,
  command: (client: Client, file: string) => Promise<number>,
  without: (file: string) => Promise<number> = nothingRuns,
  unreachable?: (file: string, pid: number) => Promise<number>,
): Promise<number> {
  const file = findFile(flags.file);
  if (file === null) return fail(`${noFile()}, or say which with -f FILE`);
  let client: Client | null = null;
  try {
    client = await connectTo(file);
    if (client === null) return await without(file);
    return await command(client, file);
  } catch (error) {
    if (error instanceof Unreachable && unreachable !== undefined) return await unreachable(file, error.pid);
    if (error instanceof ControlError || error instanceof UnsafeFolder) return fail(error.message);
    throw error;
  } finally {
    client?.close();
  }
}

/** Where there is no supervisor; says what a dead one has left. */
export async function nothingRuns(file: string): Promise<number> {
  const { leftBehind } = await import('../supervisor/takeover/left-behind.ts');
  const left = leftBehind(file).length;
  if (left === 0) {
    if (!existsSync(file)) return fail(`there is no file ${file}, and nothing runs it`);
    const [namesake] = await namesakesOf(file);
    if (namesake === undefined) return fail(`nothing runs ${file}: start it with cluster-up up -d`);
    return fail(`${namesakeText(file, namesake)}; name it by that one`);
  }
  return fail(leftText(file, left));
}

/** @param left how many processes */
export function leftText(file: string, left: number): string {
  const those = `${count(left, 'process', 'processes')} of one that died`;
  return `no supervisor runs ${file}, but ${those} live on: cluster-up up -d takes over, cluster-up down ends them`;
}

/** One line for people, and the exit code of a failure. */
export function fail(message: string): 1 {
  process.stderr.write(`cluster-up: ${printableLines(message)}\n`);
  return 1;
}
