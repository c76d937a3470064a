/** What is asked of a worker, and what its answers are called. Pure. */
import type { Failing, ObservedApp, ObservedWorker } from '../../model/observed.ts';
import type { ProbeOutcome } from '../../model/protocol.ts';
import type { AppSpec, HealthSpec } from '../../model/spec.ts';
import { duration } from '../../model/text.ts';
import { probePath } from '../../observe/facts/readiness.ts';
import { specOf } from '../../observe/facts/target.ts';
import { loopInterval, readyInterval, type Check, type Rhythm } from './check.ts';

/** How much later than its time an answer may come from a worker that has kept the time by its own clock, in ms. */
const ON_ITS_WAY = 500;
/** How long a worker that gets ready may take to say that it is, in ms; as a whole it has its own deadline. */
const READY_TIMEOUT = 5000;

/** A question that is put again and again. */
export interface Question {
  /** Of the worker and of all that the question depends on: with another, it begins anew. */
  readonly key: string;
  readonly kind: 'ready' | 'check' | 'loop';
  /** What is asked for; null only asks the event loop to turn. */
  readonly probe: { readonly path: string; readonly timeout: number } | null;
  /** When it is put first, in ms on the supervisor's clock. */
  readonly from: number;
  readonly rhythm: (check: Check) => Rhythm;
  /** What so many failures in a row say of the worker, the last of which was `what`; null is nothing yet. */
  readonly verdict: (failures: number, what: string) => Failing | null;
}

/** What is to be asked of a worker now. A revision is judged by the file it came with, as for its readiness. */
export function questionsFor(app: ObservedApp, worker: ObservedWorker): Question[] {
  const spec = specOf(app, worker.revision);
  if (spec.process.mode !== 'cluster') return [];
  if (worker.status === 'starting') return readiness(spec, worker);
  if (worker.status !== 'online' || worker.readyAt === null) return [];
  const { health, loopTimeout } = spec.triggers;
  return [
    ...(health === null ? [] : [healthCheck(spec, health, worker, worker.readyAt)]),
    ...(loopTimeout === null ? [] : [loopTurns(spec, loopTimeout, worker, worker.readyAt)]),
  ];
}

/** `answered 503 on /healthz`; null where it passed. */
export function refusalOf(outcome: ProbeOutcome, path: string, timeout: number): string | null {
  if (outcome === 'timeout') return `did not answer on ${path} within ${duration(timeout)}`;
  if (outcome === 'closed') return `closed the connection without an answer on ${path}`;
  if (outcome === 'no-server') return `had no HTTP server to ask for ${path}`;
  return outcome >= 200 && outcome < 400 ? null : `answered ${outcome} on ${path}`;
}

function readiness(spec: AppSpec, { id, listeningAt }: ObservedWorker): Question[] {
  const path = probePath(spec);
  if (path === null || listeningAt === null) return [];
  return [
    {
      key: `${id} ready ${path}`,
      kind: 'ready',
      probe: { path, timeout: READY_TIMEOUT },
      from: listeningAt,
      rhythm: ({ failures }) => ({ interval: readyInterval(failures), timeout: Infinity }),
      verdict: () => null,
    },
  ];
}

function healthCheck(spec: AppSpec, health: HealthSpec, { id }: ObservedWorker, readyAt: number): Question {
  const { http: path, interval, timeout, failures: limit } = health;
  return {
    key: `${id} check ${JSON.stringify(health)}`,
    kind: 'check',
    probe: { path, timeout },
    from: readyAt + interval,
    rhythm: () => ({ interval, timeout: timeout + ON_ITS_WAY }),
    verdict: (failures, what) => {
      if (failures < limit) return null;
      const times = limit === 1 ? '' : ` ${limit} times in a row`;
      const cause = `failed its health check${times}: it ${what}${lineOf(spec, 'health_check')}`;
      return { kind: 'check', cause };
    },
  };
}

function loopTurns(spec: AppSpec, timeout: number, { id }: ObservedWorker, readyAt: number): Question {
  const interval = loopInterval(timeout);
  return {
    key: `${id} loop ${timeout}`,
    kind: 'loop',
    probe: null,
    from: readyAt + interval,
    rhythm: () => ({ interval, timeout }),
    verdict: (failures) => {
      if (failures === 0) return null;
      const limit = `event_loop_timeout is ${duration(timeout)}${lineOf(spec, 'event_loop_timeout')}`;
      return { kind: 'loop', cause: `has blocked its event loop for too long: ${limit}` };
    },
  };
}

function lineOf({ lines }: AppSpec, field: string): string {
  return lines[field] === undefined ? '' : ` (line ${lines[field]})`;
}
