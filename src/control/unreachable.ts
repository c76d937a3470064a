/** A supervisor that lives and cannot be asked anything: why, and how to go on. */
import { ControlError } from './client.ts';
import type { Stillness } from './stillness.ts';

/** How long a supervisor that lives is waited for, in ms: it makes a control socket that is gone again before. */
export const PATIENCE = 5000;

export class Unreachable extends ControlError {
  readonly pid: number;

  /** @param how it stands still; null where only its control socket is gone */
  constructor(pid: number, how: Stillness | null = null) {
    super(`the supervisor (pid ${pid}) ${how === null ? GONE(pid) : TEXTS[how](pid)}`);
    this.pid = pid;
  }
}

const FORCE = 'cluster-up down --force ends it and all that it runs';

const GONE = (pid: number): string =>
  `lives, but its control socket is gone and has not come back within ${PATIENCE / 1000} s: kill ${pid} drains what it runs and ends it`;

const TEXTS: Readonly<Record<Stillness, (pid: number) => string>> = {
  stopped: (pid) =>
    `stands still, since somebody has stopped it (state T): kill -CONT ${pid} has it go on; ${FORCE}`,
  traced: () => `stands still, since a debugger holds it (state t): have that let it go on; ${FORCE}`,
  stuck: () =>
    `stands still: it does not answer, and has not run meanwhile. It waits for a disk, for memory, a debugger, or a terminal that is held: try again once that is over; ${FORCE}`,
};
