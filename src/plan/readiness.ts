/** What makes a worker ready, and how long it may take. */
import type { ObservedApp, ObservedWorker } from '../model/observed.ts';
import { duration } from '../model/text.ts';
import { specOf } from './target.ts';

type Way = 'listening' | 'message' | 'alive';

const CAUSES: Record<Way, string> = { listening: 'listens', message: "sent 'ready'", alive: 'is alive' };

/** Why a starting worker is ready now; null while it is not. */
export function readyCause(app: ObservedApp, worker: ObservedWorker): string | null {
  const seen = { listening: worker.listeningAt, message: worker.messageAt, alive: worker.aliveAt };
  const way = waysToBeReady(app, worker.revision).find((name) => seen[name] !== null);
  return way === undefined ? null : CAUSES[way];
}

/** When a worker that is still starting has taken too long. */
export function overdueAt(app: ObservedApp, worker: ObservedWorker): number {
  return worker.startedAt + bootTimeout(app, worker.revision);
}

/** `did not listen within 60s`. */
export function overdueCause(app: ObservedApp, revision: string): string {
  const within = `within ${duration(bootTimeout(app, revision))}`;
  const ways = waysToBeReady(app, revision);
  if (ways.length > 1 || ways[0] === 'alive') return `did not become ready ${within}`;
  return ways[0] === 'listening' ? `did not listen ${within}` : `did not send 'ready' ${within}`;
}

/** What an exit came too early for: `before it listened`. */
export function beforeReady(app: ObservedApp, revision: string): string {
  const ways = waysToBeReady(app, revision);
  if (ways.length > 1 || ways[0] === 'alive') return 'before it was ready';
  return ways[0] === 'listening' ? 'before it listened' : "before it sent 'ready'";
}

/** The app is waited for to listen only because `auto` expects it to. */
export function expectsToListen(app: ObservedApp, revision: string): boolean {
  const spec = specOf(app, revision);
  return spec.ready === 'auto' && spec.process.mode === 'cluster' && (app.listens || spec.namesPort);
}

function bootTimeout(app: ObservedApp, revision: string): number {
  const spec = specOf(app, revision);
  return spec.listenTimeout ?? spec.rollout.deadline;
}

/** Any one of them is enough. In fork mode nobody sees a program listen. */
function waysToBeReady(app: ObservedApp, revision: string): readonly Way[] {
  const spec = specOf(app, revision);
  const forked = spec.process.mode === 'fork';
  switch (spec.ready) {
    case 'message':
      return ['message'];
    case 'started':
      return ['alive'];
    case 'listening':
      return forked ? ['alive'] : ['listening'];
    case 'auto':
      if (forked) return ['message', 'alive'];
      return expectsToListen(app, revision) ? ['listening'] : ['listening', 'alive'];
  }
}
