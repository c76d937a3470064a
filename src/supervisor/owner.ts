/** Which worker a process belongs to. */
import type { Observed } from '../model/observed.ts';
import type { Owner } from '../sockets/port-owner.ts';
import { processOf } from '../workers/proc.ts';

/** The worker that is this process, or has started it: each leads a group and a session of its own. Null for any other. */
export function ownerOf({ apps }: Observed, pid: number): Owner | null {
  const found = processOf(pid);
  const leaders = [pid, found?.group, found?.session];
  for (const { name, workers } of apps) {
    const worker = workers.find((candidate) => candidate.pid !== null && leaders.includes(candidate.pid));
    if (worker !== undefined) return { app: name, slot: worker.slot, revision: worker.revision };
  }
  return null;
}
