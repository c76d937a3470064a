/**
 * What `up` in the foreground turns its process into before it begins, where Node can do that (22.15 and later), with
 * the same process id, terminal and descriptors.
 */
import { accessSync, constants } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

/**
 * In MB. V8's young generation grows with all that ever passed through it, to 128 MB on Node 24; a supervisor that
 * passes on what its workers write reaches that, and never gives it back.
 */
export const HEAP_FLAG = '--max-semi-space-size=4';

const SHELL = '/bin/sh';

/**
 * As process 1 of a container, the parent of all that lost theirs, Node would not collect them when they end. A shell
 * does, whatever it waits for; so it becomes process 1, passes signals on, and ends with the exit code of its child.
 */
const COLLECTOR = `
for name in HUP INT TERM USR2; do trap "kill -$name \\"\\$child\\"" $name; done
exec 3<&0
"$@" <&3 3<&- &
child=$!
exec 3<&-
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" 2>/dev/null || exit "$code"
done
`;

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

/** Returns where the process is as it should be, or has to do as it is: then with what a person should know. */
export function becomeSupervisor(): string | null {
  const { execve } = process as { execve?: Execve };
  const args = [process.execPath, ...heapFlags(), ...process.execArgv, ...process.argv.slice(1)];
  const isFirst = process.pid === 1;
  // All that can be done in a process that runs already: from here on it does not grow.
  if (execve === undefined) setFlagsFromString('--semi-space-growth-factor=1');
  if (execve === undefined || process.platform === 'win32' || (isFirst && !canRun(SHELL))) {
    return isFirst ? FIRST : null;
  }
  // Nobody would be left to hear what is said about it: it is experimental.
  process.removeAllListeners('warning');
  if (isFirst) execve.call(process, SHELL, ['sh', '-c', COLLECTOR, 'cluster-up', ...args], process.env);
  // Whoever has a channel to this process would lose it.
  if (heapFlags().length > 0 && process.channel === undefined) {
    execve.call(process, process.execPath, args, process.env);
  }
  return null;
}

const FIRST =
  'as process 1 it cannot collect processes that others left behind, before Node 22.15 or without a shell: ' +
  'start the container with an init (docker run --init, or tini), see docs/containers.md';

/** Empty where somebody has chosen already. */
function heapFlags(): readonly string[] {
  const chosen = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  return /semi[-_]space[-_]size/.test(chosen) ? [] : [HEAP_FLAG];
}

function canRun(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
