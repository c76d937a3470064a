import { expect, test } from 'vitest';
import { KernelKills, outOfMemory, saysOutOfHeap } from '../../src/workers/out-of-memory.ts';

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
