/** What is known of a worker after it was asked how it is. */
import type { Failing, ObservedApp, ObservedWorker } from '../../model/observed.ts';
import { isLive } from '../facts/workers.ts';

/** A worker that is not ready yet was asked for the path of `ready: { http }`. */
export function probed(worker: ObservedWorker, refused: string | null, at: number): ObservedWorker {
  if (worker.status !== 'starting') return worker;
  if (refused === null) return { ...worker, probedAt: worker.probedAt ?? at };
  const times = worker.refused?.what === refused ? worker.refused.times + 1 : 1;
  return { ...worker, refused: { what: refused, times } };
}

/**
 * Something is wrong with a worker that serves, or nothing any more. One that passes its check again need not be
 * replaced, unless its successor has been started; one whose event loop was blocked has failed for good.
 */
export function failing(app: ObservedApp, id: number, next: Failing | null): ObservedApp {
  const worker = app.workers.find((candidate) => candidate.id === id);
  if (worker?.status !== 'online') return app;
  const before = worker.failing;
  const hasSuccessor = app.workers.some((w) => w !== worker && w.slot === worker.slot && isLive(w));
  const isWell = next === null && before?.kind === 'check' && worker.unfit === before.cause && !hasSuccessor;
  const after = { ...worker, failing: next, unfit: isWell ? null : worker.unfit };
  return { ...app, workers: app.workers.map((other) => (other === worker ? after : other)) };
}
