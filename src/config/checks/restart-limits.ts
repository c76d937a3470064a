/** `min_uptime` against backoff: what keeps a crash loop from spinning. */
import { spanIn } from '../resolve/context.ts';
import { entryOf } from '../read/nodes.ts';
import type { CheckedApp } from '../resolve/context.ts';

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
