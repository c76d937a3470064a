import { expect, test } from 'vitest';
import { KernelKills, oomKills, outOfMemory, saysOutOfHeap } from '../../src/workers/out-of-memory.ts';

test.each([
  ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', true],
  [
    'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory',
    true,
  ],
  ['FATAL ERROR: NewSpace::EnsureCurrentCapacity Allocation failed - JavaScript heap out of memory', true],
  ['Error: FATAL ERROR: out of memory, says the app', false],
  ['FATAL ERROR: v8::ToLocalChecked Empty MaybeLocal', false],
])('%s', (line, expected) => {
  expect(saysOutOfHeap(line)).toBe(expected);
});

test('V8 is believed if it aborted, the kernel if it killed', () => {
  const none = new KernelKills(() => 0);
  const aborted = { code: null, signal: 'SIGABRT' };
  expect(outOfMemory(aborted, true, none)).toEqual({ outOfMemory: 'heap' });
  expect(outOfMemory({ code: 134, signal: null }, true, none)).toEqual({ outOfMemory: 'heap' });
  expect(outOfMemory(aborted, false, none)).toEqual({});
  expect(outOfMemory({ code: 1, signal: null }, true, none)).toEqual({});
  expect(outOfMemory({ code: null, signal: 'SIGKILL' }, false, none)).toEqual({});
});

test('each kill of the kernel is told once, and those before our time not at all', () => {
  let kills = 7;
  const kernel = new KernelKills(() => kills);
  const killed = { code: null, signal: 'SIGKILL' };
  expect(outOfMemory(killed, false, kernel)).toEqual({});
  kills = 9;
  expect(outOfMemory({ code: 1, signal: null }, false, kernel)).toEqual({});
  expect(outOfMemory(killed, false, kernel)).toEqual({ outOfMemory: 'kernel' });
  expect(outOfMemory(killed, false, kernel)).toEqual({ outOfMemory: 'kernel' });
  expect(outOfMemory(killed, false, kernel)).toEqual({});
});

test.each([
  ['a service, version 2', '0::/a.slice/b.service\n', '/sys/fs/cgroup/a.slice/b.service/memory.events'],
  ['a container, whose group is the root', '0::/docker/1a\n', '/sys/fs/cgroup/memory.events'],
  ['version 1', '9:memory:/docker/1a\n', '/sys/fs/cgroup/memory/docker/1a/memory.oom_control'],
  [
    'version 1, one hierarchy for several controllers',
    '3:cpu,memory:/docker/1a\n',
    '/sys/fs/cgroup/memory/docker/1a/memory.oom_control',
  ],
])('the count of kills: %s', (_what, groups, file) => {
  const files: Record<string, string> = { '/proc/self/cgroup': groups, [file]: 'oom 3\noom_kill 2\n' };
  expect(oomKills((name) => files[name] ?? null)).toBe(2);
});

test('nobody says', () => {
  expect(oomKills(() => null)).toBe(0);
});
