/** Times that contradict each other: those of a worker and of its rollout, of probes, of restarts. */
import type { AppSpec } from '../../model/spec.ts';
import { duration } from '../../model/text.ts';
import { milliseconds } from '../../shared/units.ts';
import { descend, entryOf } from '../read/nodes.ts';
import { spanIn, type AppContext, type CheckedApp } from '../resolve/context.ts';

/** Timeouts of one worker against the deadline of the rollout that waits for it. */
export function checkTimeouts({ context, spec }: CheckedApp): void {
  const { rollout, stop, listenTimeout } = spec;
  const deadline = (): string => `\`rollout.deadline\` is ${duration(rollout.deadline)}`;
  const drain = stop.drainTimeout + stop.killTimeout;
  if (
    drain >= rollout.deadline &&
    isWritten(context, ['drain_timeout'], ['kill_timeout'], ['rollout', 'deadline'])
  ) {
    const key = isWritten(context, ['drain_timeout']) ? ['drain_timeout'] : ['rollout', 'deadline'];
    const message = `A worker may take ${duration(drain)} to drain and stop, and ${deadline()}.`;
    add(context, key, message, 'Raise `rollout.deadline` above both timeouts together.');
  }
  if (
    listenTimeout !== null &&
    listenTimeout > rollout.deadline &&
    isWritten(context, ['rollout', 'deadline'])
  ) {
    const message = `A worker may take ${duration(listenTimeout)} to become ready, and ${deadline()}.`;
    add(context, ['listen_timeout'], message, 'Raise `rollout.deadline`, or lower `listen_timeout`.');
  }
  if (rollout.minReady >= rollout.deadline) {
    const message = `A worker counts after it has been ready for ${duration(rollout.minReady)}, and ${deadline()}.`;
    add(context, ['rollout', 'min_ready'], message, 'Raise `rollout.deadline`, or lower `min_ready`.');
  }
  checkHealth(context, spec);
}

function checkHealth(context: AppContext, { triggers: { health } }: AppSpec): void {
  if (health === null) return;
  const { interval, timeout } = health;
  if (timeout === 0) {
    const message = 'No probe can be answered within 0 ms.';
    add(context, ['health_check', 'timeout'], message, 'Raise `health_check.timeout`.');
  } else if (timeout > interval) {
    const key = isWritten(context, ['health_check', 'timeout']) ? 'timeout' : 'interval';
    const message = `A probe may take ${duration(timeout)}, and the next one is due after ${duration(interval)}.`;
    add(context, ['health_check', key], message, 'Make `health_check.timeout` the shorter one.');
  }
  const written = context.app.health_check?.interval;
  if (written !== undefined && milliseconds(written) < interval) {
    const message = `Probes of a worker come no sooner than ${duration(interval)} after each other.`;
    add(context, ['health_check', 'interval'], message, 'Raise `health_check.interval`.');
  }
}

/** Defaults do not contradict each other; whoever wrote one of these can change it. */
function isWritten({ mapping }: AppContext, ...paths: readonly (readonly string[])[]): boolean {
  return paths.some((path) => descend(mapping, path).entry?.key === path.at(-1));
}

function add(context: AppContext, path: readonly string[], message: string, hint: string): void {
  context.problems.add('CU1510', spanIn(context, ...path), message, hint);
}

/** `min_uptime` against backoff: what keeps a crash loop from spinning. */
export function checkRestarts({ context, spec }: CheckedApp): void {
  const { restart } = spec;
  if (!restart.auto) return;
  const written = (key: string): boolean => entryOf(context.mapping, key) !== undefined;
  if (restart.minUptime === 0 && restart.delay === 0 && written('min_uptime')) {
    const message = 'With `min_uptime: 0` no exit is too early, so a crash loop never slows down or ends.';
    const hint = 'Remove it (the default is 1s), or set a `restart_delay`.';
    context.problems.add('CU1511', spanIn(context, 'min_uptime'), message, hint);
  }
  if (
    restart.delay > 0 &&
    written('exp_backoff_restart_delay') &&
    context.app.exp_backoff_restart_delay !== 0
  ) {
    const message = '`restart_delay` is fixed, so `exp_backoff_restart_delay` has no effect.';
    const span = spanIn(context, 'exp_backoff_restart_delay');
    context.problems.add('CU1511', span, message, 'Keep one of the two.');
  }
}
