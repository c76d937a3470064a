/** Commands that change what runs: each asks the supervisor, waits until nothing is under way, and says how it ended. */
import { waitFor, type WaitFlags } from './apply.ts';
import { ownEnvironment } from './own-environment.ts';
import { withSupervisor, type RemoteFlags } from './remote.ts';

export interface SteerFlags extends RemoteFlags, WaitFlags {
  /** `reload` and `restart` bring the environment of this shell along. */
  readonly updateEnv?: boolean;
}

export function steer(
  op: 'reload' | 'restart' | 'stop' | 'start',
  app: string,
  flags: SteerFlags,
): Promise<number> {
  return withSupervisor(flags, async (client) => {
    const isBrought = flags.updateEnv === true && (op === 'reload' || op === 'restart');
    if (isBrought) await client.call(op, { app, environment: ownEnvironment() });
    else await client.call(op, { app });
    return waitFor(client, flags);
  });
}

/** @param release to go back to; without it, to the revision that was stable before */
export function rollback(app: string, release: string | undefined, flags: SteerFlags): Promise<number> {
  return withSupervisor(flags, async (client) => {
    const { revision } = await client.call('rollback', {
      app,
      ...(release === undefined ? {} : { release }),
    });
    if (flags.silent !== true)
      process.stdout.write(
        `cluster-up: ${app} goes back to ${revision} until the file asks for something else of it\n`,
      );
    return waitFor(client, flags);
  });
}
