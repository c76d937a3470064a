/** How a new revision takes over. */
import type { Mode, Ready, RolloutSpec } from '../../model/spec.ts';
import { spanIn } from './context.ts';
import type { AppContext } from './context.ts';
import { milliseconds, workers } from '../../shared/units.ts';

export function readRollout(context: AppContext, mode: Mode, instances: number): RolloutSpec {
  const rollout = context.app.rollout ?? {};
  const written = { surge: rollout.max_surge, unavailable: rollout.max_unavailable };
  const total = Math.max(1, instances);
  const zero = (amount: number | string | undefined): boolean =>
    amount !== undefined && parseFloat(String(amount)) === 0;
  if (zero(written.surge) && zero(written.unavailable)) {
    const message = 'With `max_surge` and `max_unavailable` both 0, no worker can ever be replaced.';
    context.problems.add('CU1502', spanIn(context, 'rollout', 'max_surge'), message, 'Set one of them to 1.');
  }
  // In fork mode the old process may hold the port, so it has to go first. Whoever forbids one way gets the other.
  const defaultSurge = zero(written.unavailable) || (mode === 'cluster' && !zero(written.surge)) ? 1 : 0;
  const defaultUnavailable = zero(written.surge) || (mode === 'fork' && !zero(written.unavailable)) ? 1 : 0;
  const maxSurge = workers(written.surge ?? defaultSurge, total, Math.ceil);
  const maxUnavailable = workers(written.unavailable ?? defaultUnavailable, total, Math.floor);
  return {
    maxSurge,
    // A share may round down to none.
    maxUnavailable: maxSurge === 0 ? Math.max(1, maxUnavailable) : maxUnavailable,
    minReady: milliseconds(rollout.min_ready ?? 0),
    deadline: milliseconds(rollout.deadline ?? 60_000),
    onFailure: rollout.on_failure ?? 'rollback',
    canary: Math.min(total, workers(rollout.canary ?? 0, total, Math.ceil)),
    canaryPause: milliseconds(rollout.canary_pause ?? 0),
  };
}

export function readReady(context: AppContext): Ready {
  const { app, problems } = context;
  if (app.ready === undefined) return app.wait_ready === true ? 'message' : 'auto';
  if (app.wait_ready === true && app.ready !== 'message') {
    const message = '`ready` is given, so `wait_ready` has no effect.';
    problems.add(
      'CU1505',
      spanIn(context, 'wait_ready'),
      message,
      'Keep one of them; `wait_ready: true` is `ready: message`.',
    );
  }
  return app.ready as Ready;
}
