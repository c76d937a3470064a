/** Orphans as the system has them: rendezvous sockets, by process id, and processes. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isPrivate } from '../../control/paths.ts';
import { orElse } from '../../files/proc-fs.ts';
import { meet } from '../../workers/orphan.ts';
import { Tree } from '../../workers/tree.ts';
import { endLeftover, isAlive } from './leftover.ts';
import type { OrphanSystem } from './search.ts';

/** @param rendezvous where they may wait: one of these, a dot and their process id; asked once it is needed */
export function orphanSystem(rendezvous: () => readonly string[]): OrphanSystem {
  let places: readonly string[] | null = null;
  const known = (): readonly string[] => (places ??= rendezvous());
  return {
    waiting: () => [...new Set(known().flatMap(waitingAt))],
    meet: (pid, events) => meet(socketOf(pid, known()), events),
    tidy: (pid) => {
      if (!exists(pid)) for (const place of known()) rmSync(`${place}.${pid}`, { force: true });
    },
    isAlive,
    endLeftover,
    kill: (pid) => new Tree(pid).signal('SIGKILL'),
  };
}

function waitingAt(place: string): readonly number[] {
  const folder = path.dirname(place);
  if (!isPrivate(folder)) return [];
  const prefix = `${path.basename(place)}.`;
  return orElse([], () => readdirSync(folder))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
}

function socketOf(pid: number, places: readonly string[]): string {
  const sockets = places.map((place) => `${place}.${pid}`);
  return sockets.find((socket) => existsSync(socket)) ?? sockets[0] ?? '';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
