/** What has happened to each app since the supervisor started: restarts by reason, rollouts by result. */
import type { Notice } from '../../model/notice.ts';
import type { Exit } from '../../model/observed.ts';
import type { Step } from '../../model/step.ts';

/**
 * Why a worker was lost or given up: it ended with an exit code, or by a signal; could not be started; was not ready in
 * time; used more memory than its app allows; or failed its health check or blocked its event loop.
 */
export const REASONS = ['exit', 'signal', 'not_started', 'not_ready', 'memory', 'health'] as const;
export type Reason = (typeof REASONS)[number];
/** Why a worker that serves is replaced. */
export type Unfitness = 'memory' | 'health';

export const RESULTS = ['complete', 'rolled_back', 'paused', 'failed'] as const;
export type Result = (typeof RESULTS)[number];

export interface AppTally {
  readonly restarts: Record<Reason, number>;
  readonly rollouts: Record<Result, number>;
}

export class Tally {
  readonly #apps = new Map<string, AppTally>();

  /** All 0 for an app that nothing has happened to. */
  of(app: string): AppTally {
    return this.#apps.get(app) ?? newTally();
  }

  /** Counts what the notice tells of, if it is of that kind. */
  note(notice: Notice): void {
    if (notice.type === 'died') this.#restarted(notice.app, reasonOf(notice.exit));
    else if (notice.type === 'step') this.#step(notice.step);
  }

  /** A worker that serves is to be replaced. */
  unfit(app: string, reason: Unfitness): void {
    this.#restarted(app, reason);
  }

  keepOnly(apps: readonly string[]): void {
    for (const app of this.#apps.keys()) if (!apps.includes(app)) this.#apps.delete(app);
  }

  #step(step: Step): void {
    if (step.kind === 'complete') this.#own(step.app).rollouts.complete += 1;
    else if (step.kind === 'fail') {
      this.#own(step.app).rollouts[step.outcome === 'rolled-back' ? 'rolled_back' : step.outcome] += 1;
    } else if ((step.kind === 'stop' || step.kind === 'drain') && step.overdue === true)
      this.#restarted(step.app, 'not_ready');
  }

  #restarted(app: string, reason: Reason): void {
    this.#own(app).restarts[reason] += 1;
  }

  #own(app: string): AppTally {
    const tally = this.#apps.get(app) ?? newTally();
    this.#apps.set(app, tally);
    return tally;
  }
}

function newTally(): AppTally {
  return {
    restarts: { exit: 0, signal: 0, not_started: 0, not_ready: 0, memory: 0, health: 0 },
    rollouts: { complete: 0, rolled_back: 0, paused: 0, failed: 0 },
  };
}

function reasonOf({ spawnError, signal }: Exit): Reason {
  if (spawnError !== null) return 'not_started';
  return signal === null ? 'exit' : 'signal';
}
