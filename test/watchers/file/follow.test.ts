/** When the file is read, and what is told of it: with faked time, a file system of two numbers, and no watch. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Loaded } from '../../../src/config/load-ecosystem.ts';
import type { Diagnostic } from '../../../src/model/diagnostic.ts';
import type { Desired } from '../../../src/model/spec.ts';
import { Follower } from '../../../src/watchers/file/follow.ts';
import type { Way } from '../../../src/watchers/file/way.ts';

const FILE = '/srv/ecosystem.yml';
const AT = { line: 1, column: 1, offset: 0 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What is there: a content that begins with `!` is invalid, null is missing. */
function disk() {
  let content: string | null = 'a';
  let stamp = 0;
  const there = {
    files: [FILE],
    /** While it is read. */
    during: () => {},
    broken: null as Error | null,
    reads: 0,
    looks: 0,
    write: (text: string | null, keepsStamp = false) => {
      content = text;
      if (!keepsStamp) stamp += 1;
    },
  };
  const load = async (): Promise<Loaded> => {
    there.reads += 1;
    if (there.broken !== null) throw there.broken;
    const loaded = loadedOf(content, there.files);
    await Promise.resolve();
    there.during();
    return loaded;
  };
  const wayTo = (files: readonly string[]): Promise<Way> => {
    there.looks += 1;
    const print = `${stamp} ${files.join()}`;
    return Promise.resolve({ print, isBroken: content === null, places: new Map() });
  };
  return { there, load, wayTo };
}

function loadedOf(content: string | null, files: readonly string[]): Loaded {
  const isValid = content?.startsWith('!') === false;
  const mistake: Diagnostic = {
    code: content === null ? 'CU1001' : 'CU1203',
    severity: 'error',
    message: content ?? 'The file does not exist.',
    hint: null,
    file: FILE,
    start: AT,
    end: AT,
  };
  return {
    desired: isValid ? ({ generation: content } as Desired) : null,
    diagnostics: isValid ? [] : [mistake],
    files,
  } as unknown as Loaded;
}

function following({ isStarted = true } = {}) {
  const { there, load, wayTo } = disk();
  const told: string[] = [];
  let changed = (): void => {};
  const follower = new Follower({
    file: FILE,
    load,
    wayTo,
    watch: (tell) => {
      changed = tell;
      return { arm: () => {}, close: () => (changed = () => {}) };
    },
    applied: ({ generation }) => told.push(generation),
    rejected: ({ diagnostics }) => told.push(`rejected ${diagnostics[0]?.message}`),
    warn: (text) => told.push(`warned ${text}`),
  });
  follower.seen({ generation: 'a' } as Desired);
  if (isStarted) follower.start();
  return { there, follower, told, event: () => changed() };
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

test('an edit is applied once it is quiet, and is told once', async () => {
  const { there, told, event } = following();
  await pass(1000);
  there.write('b');
  for (let i = 0; i < 4; i++) {
    event();
    await pass(40);
  }
  expect(told).toEqual([]);
  await pass(20);
  expect(told).toEqual(['b']);
  await pass(10_000);
  expect(told).toEqual(['b']);
});

test('saves that never pause are looked at all the same', async () => {
  const { there, told, event } = following();
  await pass(1000);
  for (let i = 0; i < 15; i++) {
    there.write(`b${i}`);
    event();
    await pass(40);
  }
  expect(told).toEqual(['b12']);
});

test('what no event tells of is seen within 2 s, and where nothing changes nothing is read', async () => {
  const { there, told } = following();
  await pass(1000);
  const { reads, looks } = there;
  await pass(60_000);
  expect(there.reads).toBe(reads);
  expect(there.looks - looks).toBeLessThanOrEqual(31);
  there.write('b');
  await pass(2100);
  expect(told).toEqual(['b']);
});

test('what a settling may have hidden is looked at at once', async () => {
  const { there, told, follower } = following();
  await pass(1000);
  there.write('b');
  follower.check();
  await pass(60);
  expect(told).toEqual(['b']);
});

test('a write with the size and the time of the one that was read is seen', async () => {
  const { there, told, event } = following();
  await pass(1000);
  there.write('b');
  event();
  await pass(55);
  expect(told).toEqual(['b']);
  // The clock of the file system has not moved on, and the event is lost.
  there.write('c', true);
  await pass(100);
  expect(told).toEqual(['b', 'c']);
});

test('what changes while it is read is read again, and nothing is told of the moment before', async () => {
  const { there, told, event } = following();
  await pass(1000);
  there.write('b');
  there.during = () => {
    there.during = () => {};
    there.write('c');
  };
  event();
  await pass(55);
  expect(told).toEqual(['c']);
});

test('a file that changes whenever it is read is applied, and followed to its end', async () => {
  const { there, told, event } = following();
  await pass(1000);
  let writes = 0;
  there.during = () => there.write(`b${++writes}`);
  event();
  await pass(55);
  expect(told).toHaveLength(1);
  there.during = () => {};
  await pass(3000);
  expect(told.at(-1)).toBe(`b${writes}`);
});

test('a file that is read besides from now on is looked at from before it was read', async () => {
  const { there, told, event } = following();
  await pass(1000);
  there.files = [FILE, '/srv/part.yml'];
  there.write('b');
  // An edit of what nobody has looked at before: only the way after shows it.
  there.during = () => {
    there.during = () => {};
    there.write('c', true);
  };
  event();
  await pass(55);
  expect(told).toEqual(['c']);
});

test('removed and written anew, nothing is told of the time between', async () => {
  const { there, told, event, follower } = following();
  await pass(1000);
  there.write(null);
  event();
  await pass(150);
  expect(follower.error).toBeNull();
  there.write('b');
  event();
  await pass(60);
  expect(told).toEqual(['b']);
  // The time begins anew.
  there.write(null);
  event();
  await pass(150);
  expect(told).toEqual(['b']);
});

test('what stays away is a rejected state until it is back', async () => {
  const { there, told, event, follower } = following();
  await pass(1000);
  there.write(null);
  event();
  await pass(400);
  expect(told).toEqual(['rejected The file does not exist.']);
  expect(follower.error).toBe('ecosystem.yml is not there');
  await pass(10_000);
  expect(told).toHaveLength(1);
  there.write('a');
  await pass(2100);
  expect(told).toEqual(['rejected The file does not exist.', 'a']);
  expect(follower.error).toBeNull();
});

test('who asks is told at once that it is not there', async () => {
  const { there, told, follower } = following();
  await pass(1000);
  there.write(null);
  await follower.look();
  expect(follower.error).toBe('ecosystem.yml is not there');
  expect(told).toHaveLength(1);
});

test('the same mistake after a valid content is rejected again', async () => {
  const { there, told, follower } = following();
  for (const content of ['!x', 'b', '!x', 'b']) {
    there.write(content);
    await pass(2100);
    expect(follower.error).toBe(content.startsWith('!') ? '1:1 CU1203 !x' : null);
  }
  expect(told).toEqual(['rejected !x', 'b', 'rejected !x', 'b']);
});

test('what is rejected is read again: the reason may be elsewhere', async () => {
  const { there, told, follower } = following();
  await pass(1000);
  there.write('!x');
  await pass(2100);
  there.write('b', true);
  await pass(2100);
  expect(told).toEqual(['rejected !x', 'b']);
  expect(follower.error).toBeNull();
});

test('a reading that fails is told once, and tried again until it works', async () => {
  const { there, told, follower, event } = following();
  await pass(1000);
  there.broken = new Error('out of luck');
  there.write('b');
  event();
  await pass(20_000);
  expect(told).toEqual(['warned ecosystem.yml could not be followed: out of luck']);
  expect(follower.error).toBe(told[0]?.replace('warned ', ''));
  await follower.look();
  there.broken = null;
  await pass(2100);
  expect(told.slice(1)).toEqual(['b']);
  expect(follower.error).toBeNull();
});

test('calls at the same time share a reading, and one that has begun is not theirs', async () => {
  const { there, told, follower } = following({ isStarted: false });
  const first = follower.look();
  await Promise.resolve();
  there.write('b');
  await Promise.all([first, follower.look(), follower.look()]);
  expect(told).toEqual(['b']);
});

test('without being started, and after it is closed, nothing runs by itself', async () => {
  const { there, follower, event, told } = following({ isStarted: false });
  await follower.look();
  follower.check();
  expect(vi.getTimerCount()).toBe(0);
  follower.start();
  await pass(1000);
  follower.close();
  there.write('b');
  event();
  follower.check();
  await pass(10_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(told).toEqual([]);
});

test('a plan is applied with what was read to check it, or nothing is', async () => {
  const { there, told, follower } = following({ isStarted: false });
  there.write('b');
  const seen: string[] = [];
  const accepts =
    (wanted: string) =>
    (desired: Desired): Promise<boolean> => {
      seen.push(desired.generation);
      return Promise.resolve(desired.generation === wanted);
    };
  there.during = () => {
    there.during = () => {};
    // Between the plan that was shown and what would be applied.
    there.write('c');
  };
  await follower.lookIf(accepts('b'));
  expect([seen, told]).toEqual([['c'], []]);
  await follower.lookIf(accepts('c'));
  expect([seen, told]).toEqual([['c', 'c'], ['c']]);
  there.write('!');
  await follower.lookIf(accepts('d'));
  expect([seen, told]).toEqual([['c', 'c'], ['c']]);
});

test('what was not accepted is followed like any edit', async () => {
  const { there, told, follower } = following();
  await pass(1000);
  there.write('b');
  await follower.lookIf(() => Promise.resolve(false));
  expect(told).toEqual([]);
  await pass(2100);
  expect(told).toEqual(['b']);
});
