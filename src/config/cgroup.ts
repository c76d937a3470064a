/** What the control groups of this process allow (Linux, versions 2 and 1): the least of its own and those around it. */
import path from 'node:path';

/** Text of a file, or null where it cannot be read. */
export type Read = (file: string) => string | null;

const ROOT = '/sys/fs/cgroup';

/** In cores, which may be a fraction; null where nothing limits it. */
export function cpuLimit(read: Read): number | null {
  const now = folders(read, '').map((folder) => (read(`${folder}/cpu.max`) ?? '').trim().split(/\s+/));
  const before = folders(read, 'cpu').map((folder) => [
    (read(`${folder}/cpu.cfs_quota_us`) ?? '').trim(),
    (read(`${folder}/cpu.cfs_period_us`) ?? '').trim(),
  ]);
  return least([...now, ...before].map(([quota, period]) => Number(quota) / Number(period)));
}

/** In bytes; null where nothing limits it. */
export function memoryLimit(read: Read): number | null {
  const now = folders(read, '').map((folder) => read(`${folder}/memory.max`));
  const before = folders(read, 'memory').map((folder) => read(`${folder}/memory.limit_in_bytes`));
  return least([...now, ...before].map((text) => Number(text ?? 'none')));
}

/** `max` and -1 are no limits. */
function least(limits: readonly number[]): number | null {
  const real = limits.filter((limit) => Number.isFinite(limit) && limit > 0);
  return real.length === 0 ? null : Math.min(...real);
}

/** The group of this process and those around it, in the hierarchy of a controller; '' is that of version 2. */
function folders(read: Read, controller: string): readonly string[] {
  const root = path.posix.join(ROOT, controller);
  const lines = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const own = lines.find(([, controllers = '']) => controllers.split(',').includes(controller))?.[2] ?? '/';
  const found = [root];
  for (let name = own; name !== '/' && name !== '.'; name = path.posix.dirname(name)) {
    found.push(path.posix.join(root, name));
  }
  return found;
}
