/** Signals to a process and to its group. Every process here leads a group of its own. */
import type { ChildProcess } from 'node:child_process';

/** Signals the process itself, unless it has ended. */
export function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(name);
}

/** Signals the process alone; nothing if it has ended. */
export function signalOne(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** Signals the process and all it started that stayed in its group; nothing if none is left. */
export function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    // ESRCH: all have ended already. EPERM (macOS): only zombies are left.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
