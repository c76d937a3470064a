/** Timeouts of one worker against the deadline of the rollout that waits for it. */
import { duration } from '../../model/text.ts';
import { spanIn } from '../context.ts';
import type { AppContext } from '../context.ts';
import { descend } from '../tree.ts';
import type { CheckedApp } from './apps.ts';

export function checkTimeouts({ context, spec }: CheckedApp): void {
  const { rollout, stop, listenTimeout } = spec;
  const deadline = `\`rollout.deadline\` is ${duration(rollout.deadline)}`;
  const drain = stop.drainTimeout + stop.killTimeout;
  if (
    isWritten(context, ['drain_timeout'], ['kill_timeout'], ['rollout', 'deadline']) &&
    drain >= rollout.deadline
  ) {
    const key = isWritten(context, ['drain_timeout']) ? ['drain_timeout'] : ['rollout', 'deadline'];
    const message = `A worker may take ${duration(drain)} to drain and stop, and ${deadline}.`;
    add(context, key, message, 'Raise `rollout.deadline` above both timeouts together.');
  }
  if (
    listenTimeout !== null &&
    isWritten(context, ['rollout', 'deadline']) &&
    listenTimeout > rollout.deadline
  ) {
    const message = `A worker may take ${duration(listenTimeout)} to become ready, and ${deadline}.`;
    add(context, ['listen_timeout'], message, 'Raise `rollout.deadline`, or lower `listen_timeout`.');
  }
  if (rollout.minReady >= rollout.deadline) {
    const message = `A worker counts after it has been ready for ${duration(rollout.minReady)}, and ${deadline}.`;
    add(context, ['rollout', 'min_ready'], message, 'Raise `rollout.deadline`, or lower `min_ready`.');
  }
}

/** Defaults do not contradict each other; whoever wrote one of these can change it. */
function isWritten({ mapping }: AppContext, ...paths: readonly (readonly string[])[]): boolean {
  return paths.some((path) => descend(mapping, path).entry?.key === path.at(-1));
}

function add(context: AppContext, path: readonly string[], message: string, hint: string): void {
  context.problems.add('CU1510', spanIn(context, ...path), message, hint);
}
