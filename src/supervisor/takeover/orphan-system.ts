/** Orphans as the system has them: rendezvous sockets, by process id, and processes. */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { meet } from '../../workers/orphan.ts';
import { Tree } from '../../workers/tree.ts';
import { endLeftover, isAlive } from './leftover.ts';
import type { OrphanSystem } from './search.ts';

/** @param rendezvous where they wait: this, a dot and their process id */
export function orphanSystem(rendezvous: string): OrphanSystem {
  const socketOf = (pid: number): string => `${rendezvous}.${pid}`;
  const prefix = `${path.basename(rendezvous)}.`;
  return {
    waiting: () =>
      readdirSync(path.dirname(rendezvous))
        .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
        .map((name) => Number(name.slice(prefix.length))),
    meet: (pid, events) => meet(socketOf(pid), events),
    tidy: (pid) => {
      if (!exists(pid)) rmSync(socketOf(pid), { force: true });
    },
    isAlive,
    endLeftover,
    kill: (pid) => new Tree(pid).signal('SIGKILL'),
  };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
