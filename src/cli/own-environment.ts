/** The environment of this process, to be brought to a supervisor. */
import { ControlError } from '../control/client.ts';
import { MAX_MESSAGE } from '../model/control.ts';
import type { ShellEnvironment } from '../model/inherited.ts';

/** What else is in the message, in bytes. */
const REST = 4096;

/** Only ever sent to a supervisor of the same user: no other's control socket is looked for. @throws ControlError */
export function ownEnvironment(): ShellEnvironment {
  const environment = { ...process.env } as ShellEnvironment;
  const bytes = Buffer.byteLength(JSON.stringify(environment));
  if (bytes + REST <= MAX_MESSAGE) return environment;
  throw new ControlError(
    `the environment of this shell has ${Math.ceil(bytes / 1024)} KiB, more than a supervisor can be sent (${MAX_MESSAGE / 1024} KiB): unset what is large`,
  );
}
