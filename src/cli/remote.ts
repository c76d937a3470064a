/** Commands that ask the running supervisor of an ecosystem file. */
import { ControlError, type Client } from '../control/client.ts';
import { connectTo } from '../control/find.ts';
import { UnsafeFolder } from '../control/paths.ts';
import { findFile, noFile } from './files.ts';

export interface RemoteFlags {
  /** `-f FILE`: which ecosystem file it is about; else the one in the working directory. */
  readonly file?: string;
}

/** Runs `command` with the supervisor of the file; resolves with the exit code, 1 with one line where there is none. */
export async function withSupervisor(
  flags: RemoteFlags,
  command: (client: Client, file: string) => Promise<number>,
): Promise<number> {
  const file = findFile(flags.file);
  if (file === null) return fail(`${noFile()}, or say which with -f FILE`);
  let client: Client | null = null;
  try {
    client = await connectTo(file);
    if (client === null) return fail(`nothing runs ${file}: start it with cluster-up up -d`);
    return await command(client, file);
  } catch (error) {
    if (error instanceof ControlError || error instanceof UnsafeFolder) return fail(error.message);
    throw error;
  } finally {
    client?.close();
  }
}

/** One line for people, and the exit code of a failure. */
export function fail(message: string): 1 {
  process.stderr.write(`cluster-up: ${message}\n`);
  return 1;
}
