/** What follows from what a simulated supervisor knows. */
import type { Observed } from '../../src/model/observed.ts';
import type { WorkerEvent } from '../../src/model/worker-event.ts';
import type { StartStep } from '../../src/model/step.ts';

/** What will be told of it before it is planned again. */
export function startedBy(
  { app, slot, revision }: StartStep,
  { apps }: Observed,
  at: number,
): Extract<WorkerEvent, { type: 'started' }> {
  const last = Math.max(-1, ...apps.flatMap(({ workers }) => workers.map(({ id }) => id)));
  return { type: 'started', at, app, id: last + 1, slot, revision, pid: null };
}

/** Workers that are on their way out, or to be replaced as soon as another serves. */
export function outgoingOf({ apps }: Observed): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const { workers } of apps)
    for (const { id, status, unfit } of workers)
      if (status === 'draining' || status === 'stopping' || unfit !== null) ids.add(id);
  return ids;
}
