/** How many cores and how much memory a container's control group allows. */
import { describe, expect, test } from 'vitest';
import { cpuLimit, memoryLimit } from '../../../src/config/machine/cgroup-limits.ts';

const of =
  (files: Record<string, string>) =>
  (file: string): string | null =>
    files[file] ?? null;

describe('version 2', () => {
  test('in a container, whose group is the root', () => {
    const read = of({
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/memory.max': '536870912\n',
    });
    expect(cpuLimit(read)).toBe(1.5);
    expect(memoryLimit(read)).toBe(512 * 2 ** 20);
  });

  test('the least of a service and the slices around it', () => {
    const read = of({
      '/proc/self/cgroup': '0::/system.slice/shop.service\n',
      '/sys/fs/cgroup/system.slice/shop.service/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/system.slice/shop.service/memory.max': '1000\n',
      '/sys/fs/cgroup/system.slice/cpu.max': '400000 100000\n',
      '/sys/fs/cgroup/system.slice/memory.max': '900\n',
    });
    expect(cpuLimit(read)).toBe(4);
    expect(memoryLimit(read)).toBe(900);
  });
});

test('version 1, also where a controller shares its hierarchy', () => {
  const read = of({
    '/proc/self/cgroup': '9:memory:/docker/1a\n3:cpu,cpuacct:/docker/1a\n1:name=systemd:/\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/memory/docker/1a/memory.limit_in_bytes': '1000\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
  });
  expect(cpuLimit(read)).toBe(2);
  expect(memoryLimit(read)).toBe(1000);
});

test.each([
  ['nothing there', {}],
  ['no limit, version 2', { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }],
  [
    'no limit, version 1',
    { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' },
  ],
])('%s', (_what, files) => {
  expect(cpuLimit(of(files))).toBeNull();
  expect(memoryLimit(of(files))).toBeNull();
});
