/** What makes a worker ready, and how long it may take. */
import type { ObservedApp, ObservedWorker } from '../../model/observed.ts';
import type { AppSpec } from '../../model/spec.ts';
import { count, duration } from '../../model/text.ts';
import { specOf } from './target.ts';

type Way = 'listening' | 'message' | 'alive' | 'probe';

const CAUSES: Record<Way, string> = {
  listening: 'listens',
  message: "sent 'ready'",
  alive: 'is alive',
  probe: 'passed its probe',
};

/** Why a starting worker is ready now; null while it is not. */
export function readyCause(app: ObservedApp, worker: ObservedWorker): string | null {
  const seen = {
    listening: worker.listeningAt,
    message: worker.messageAt,
    alive: worker.aliveAt,
    probe: worker.probedAt,
  };
  const way = waysToBeReady(app, worker.revision).find((name) => seen[name] !== null);
  return way === undefined ? null : CAUSES[way];
}

/** When a worker that is still starting has taken too long. */
export function overdueAt(app: ObservedApp, worker: ObservedWorker): number {
  return worker.startedAt + bootTimeout(app, worker.revision);
}

/** `did not listen within 60 s`, `did not become ready within 60 s: it answered 503 on /healthz 12 times`. */
export function overdueCause(app: ObservedApp, worker: ObservedWorker): string {
  const { revision } = worker;
  const within = `within ${duration(bootTimeout(app, revision))}`;
  const ways = waysToBeReady(app, revision);
  if (ways.length > 1 || ways[0] === 'alive') return `did not become ready ${within}`;
  if (ways[0] === 'probe' && worker.listeningAt !== null) {
    return `did not become ready ${within}: it ${refusal(app, worker)}`;
  }
  return ways[0] === 'message' ? `did not send 'ready' ${within}` : `did not listen ${within}`;
}

function refusal(app: ObservedApp, { refused, revision }: ObservedWorker): string {
  if (refused !== null) return `${refused.what} ${count(refused.times, 'time')}`;
  return `never answered on ${probePath(specOf(app, revision)) ?? 'its path'}`;
}

/** The path that makes a worker ready; null where something else does. */
export function probePath({ ready, process }: AppSpec): string | null {
  return typeof ready === 'object' && process.mode === 'cluster' ? ready.http : null;
}

/** What an exit came too early for: `before it listened`. */
export function beforeReady(app: ObservedApp, revision: string): string {
  const ways = waysToBeReady(app, revision);
  if (ways.length > 1 || ways[0] === 'alive') return 'before it was ready';
  if (ways[0] === 'probe') return 'before it passed its probe';
  return ways[0] === 'listening' ? 'before it listened' : "before it sent 'ready'";
}

/** What to do about one that is waited for in vain. */
export const NOT_MEANT = 'if it is not meant to listen, set ready: started';

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
  if (typeof spec.ready === 'object') return forked ? ['alive'] : ['probe'];
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
