/** What the control groups of this process allow (Linux, versions 2 and 1): the least of its own and those around it. */
import { groupFolders, type Read } from '../../model/cgroup.ts';

/** In cores, which may be a fraction; null where nothing limits it. */
export function cpuLimit(read: Read): number | null {
  const now = groupFolders(read, '').map((folder) => (read(`${folder}/cpu.max`) ?? '').trim().split(/\s+/));
  const before = groupFolders(read, 'cpu').map((folder) => [
    (read(`${folder}/cpu.cfs_quota_us`) ?? '').trim(),
    (read(`${folder}/cpu.cfs_period_us`) ?? '').trim(),
  ]);
  return least([...now, ...before].map(([quota, period]) => Number(quota) / Number(period)));
}

/** In bytes; null where nothing limits it. */
export function memoryLimit(read: Read): number | null {
  const now = groupFolders(read, '').map((folder) => read(`${folder}/memory.max`));
  const before = groupFolders(read, 'memory').map((folder) => read(`${folder}/memory.limit_in_bytes`));
  return least([...now, ...before].map((text) => Number(text ?? 'none')));
}

/** `max` and -1 are no limits. */
function least(limits: readonly number[]): number | null {
  const real = limits.filter((limit) => Number.isFinite(limit) && limit > 0);
  return real.length === 0 ? null : Math.min(...real);
}
