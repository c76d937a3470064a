/** What the plan may ask of the executor. Every step says its cause, in the words that logs and `plan` print. */
import type { PortRange } from './ports.ts';

interface StepOf<K extends string> {
  readonly kind: K;
  readonly app: string;
  /** One plain clause, lower case, without a full stop: `env.PORT changed (ecosystem.yml:8)`. */
  readonly cause: string;
}

/** A new revision is wanted: remember when its rollout began. */
export interface BeginStep extends StepOf<'begin'> {
  readonly from: string | null;
  readonly to: string;
}
/** Start a worker of `revision` (the desired or the stable one) in `slot`. */
export interface StartStep extends StepOf<'start'> {
  readonly slot: number;
  readonly revision: string;
  /** What is held for apps that have made way, and has nobody left, is closed first; null is all of it. */
  readonly clears?: readonly { readonly app: string; readonly ports: PortRange | null }[];
}
/** Judge a worker ready; take it out of rotation; run the app's hook or signal it; SIGKILL it. */
export interface WorkerStep extends StepOf<'ready' | 'drain' | 'stop' | 'kill'> {
  readonly worker: number;
  /** Only with `stop` and `drain`: it did not become ready in time, which counts as a failed boot. */
  readonly overdue?: true;
  /** Only with `stop`: its event loop is blocked, so there was no draining it. */
  readonly blocked?: true;
}
/** All canaries are available, and the others wait; then, later, they follow. */
export interface CanaryStep extends StepOf<'hold' | 'resume'> {
  readonly revision: string;
}
/** The rollout is done: `revision` is stable from now on. */
export interface CompleteStep extends StepOf<'complete'> {
  readonly revision: string;
}
/** The rollout has failed; `cause` is why. */
export interface FailStep extends StepOf<'fail'> {
  readonly revision: string;
  readonly outcome: 'rolled-back' | 'paused' | 'failed';
}
/** The app left the file and stayed for others; they are ready, so it goes. */
export type LeaveStep = StepOf<'leave'>;
/** The app left the file and its last worker has gone: release what it held. */
export type RemoveStep = StepOf<'remove'>;

export type Step =
  BeginStep | StartStep | WorkerStep | CanaryStep | CompleteStep | FailStep | LeaveStep | RemoveStep;

export interface Plan {
  /** In the order they are to be executed. Empty means converged, or waiting for an event or for `wakeAt`. */
  readonly steps: readonly Step[];
  /** When to plan again even if nothing happens, in ms on the same clock as `now`; null is never. */
  readonly wakeAt: number | null;
}
