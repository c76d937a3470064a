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

/** A count that rises when the test says so, and is told of only where it wants. */
function counter(kills = 0) {
  let [now, closed] = [0, 0];
  const listeners = new Set<() => void>();
  const kernel = new KernelKills({
    read: () => kills,
    follow: (risen) => {
      listeners.add(risen);
      return { close: () => void (closed += Number(listeners.delete(risen))) };
    },
    now: () => now,
  });
  kernel.begin();
  return {
    kernel,
    rise: (by: number) => (kills += by),
    tell: () => listeners.forEach((told) => told()),
    pass: (ms: number) => (now += ms),
    closed: () => closed,
  };
}
const KILLED = { code: null, signal: 'SIGKILL' };

test('V8 is believed if it aborted, the kernel if it killed', () => {
  const { kernel } = counter();
  const aborted = { code: null, signal: 'SIGABRT' };
  expect(outOfMemory(aborted, true, kernel)).toEqual({ outOfMemory: 'heap' });
  expect(outOfMemory({ code: 134, signal: null }, true, kernel)).toEqual({ outOfMemory: 'heap' });
  expect(outOfMemory(aborted, false, kernel)).toEqual({});
  expect(outOfMemory({ code: 1, signal: null }, true, kernel)).toEqual({});
  expect(outOfMemory(KILLED, false, kernel)).toEqual({});
});

test('each kill of the kernel is told once, and those before our time not at all', () => {
  const { kernel, rise } = counter(7);
  expect(outOfMemory(KILLED, false, kernel)).toEqual({});
  rise(2);
  expect(outOfMemory({ code: 1, signal: null }, false, kernel)).toEqual({});
  expect(outOfMemory(KILLED, false, kernel)).toEqual({ outOfMemory: 'kernel' });
  expect(outOfMemory(KILLED, false, kernel)).toEqual({ outOfMemory: 'kernel' });
  expect(outOfMemory(KILLED, false, kernel)).toEqual({});
});

test('what the kernel has killed long ago is not blamed on a later `kill -9`', () => {
  const { kernel, rise, tell, pass } = counter();
  rise(3); // Of processes that were none of the workers, as their own children.
  tell();
  pass(6000);
  expect(outOfMemory(KILLED, false, kernel)).toEqual({});
  rise(1);
  tell();
  pass(100); // The end of a process is seen a little later.
  expect(outOfMemory(KILLED, false, kernel)).toEqual({ outOfMemory: 'kernel' });
});

test("the count is followed as long as a process runs, and what comes in between is nobody's", () => {
  const { kernel, rise, closed } = counter();
  kernel.begin();
  kernel.end();
  expect(closed()).toBe(0);
  kernel.end();
  expect(closed()).toBe(1);
  rise(1);
  kernel.begin();
  expect(outOfMemory(KILLED, false, kernel)).toEqual({});
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
