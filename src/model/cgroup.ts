/** Where the kernel shows the control groups of this process (Linux, versions 2 and 1). */
import path from 'node:path';

/** Text of a file, or null where it cannot be read. */
export type Read = (file: string) => string | null;

const ROOT = '/sys/fs/cgroup';

/**
 * The folders of this process's own group and of those around it, innermost first, in the hierarchy of a controller of
 * version 1; '' is the one hierarchy of version 2. The last is the root: a container may see its own group as the root,
 * and be told of it by the name that it has outside, so that only the root is there.
 */
export function groupFolders(read: Read, controller: string): readonly string[] {
  const root = path.posix.join(ROOT, controller);
  const lines = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  // Controllers of version 1 can share a hierarchy: `3:cpu,cpuacct:/docker/1a`.
  const own = lines.find(([, controllers = '']) => controllers.split(',').includes(controller))?.[2] ?? '/';
  const found: string[] = [];
  for (let name = own; name !== '/' && name !== '.'; name = path.posix.dirname(name)) {
    found.push(path.posix.join(root, name));
  }
  return [...found, root];
}
