/** The memory limits of all workers against the memory that there is. */
import { spanIn } from '../resolve/context.ts';
import type { Memory } from '../read/options.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { bytes } from '../../shared/units.ts';
import type { CheckedApp } from '../resolve/context.ts';

export function checkMemory(
  apps: readonly CheckedApp[],
  memory: Memory | undefined,
  problems: Problems,
): void {
  if (memory === undefined) return;
  const limited = apps.flatMap(({ context, spec }) => {
    const limit = context.app.max_memory_restart;
    return limit === undefined ? [] : [{ context, total: bytes(limit) * spec.instances }];
  });
  const total = limited.reduce((sum, app) => sum + app.total, 0);
  const largest = limited.reduce(
    (a, b) => (b.total > a.total ? b : a),
    limited[0] ?? { total: 0, context: null },
  );
  if (largest.context === null || total <= memory.bytes) return;
  const message = `The limits of all workers add up to ${shown(total)}, and ${memory.of} has ${shown(memory.bytes)}.`;
  const hint = 'Lower `max_memory_restart` or `instances`, of this app or of others.';
  problems.add('CU1509', spanIn(largest.context, 'max_memory_restart'), message, hint);
}

function shown(amount: number): string {
  const megabytes = amount / 2 ** 20;
  return megabytes < 1024 ? `${Math.round(megabytes)} MiB` : `${(megabytes / 1024).toFixed(1)} GiB`;
}
