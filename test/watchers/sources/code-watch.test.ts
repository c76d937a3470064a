import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ObservedApp } from '../../../src/model/observed.ts';
import type { AppSpec } from '../../../src/model/spec.ts';
import type { WorkerEvent } from '../../../src/model/worker-event.ts';
import type { Identity } from '../../../src/releases/code-identity.ts';
import { withCode } from '../../../src/releases/with-code.ts';
import { CodeWatch } from '../../../src/watchers/sources/code-watch.ts';
import { desire, spec as appSpec } from '../../plan/build.ts';
import { running } from '../../plan/world.ts';

const START = Date.parse('2026-01-01');
let clock = 0;
/** What is on disk: the text of the one file, and when it was changed. */
let disk = { text: 'one', changedAt: START - 5000 };
let events: WorkerEvent[] = [];
let said: string[] = [];
let poke = (): void => {};
/** Folders that are watched. */
let watched: ReadonlySet<string> = new Set();
let isCut = false;
/** How long a look takes, in ms. */
let takes = 0;
let apps: ObservedApp[] = [];
let watch: CodeWatch;

const identity = (): Identity => ({
  code: { id: disk.text, from: 'files', folder: '/srv', digest: disk.text },
  sums: new Map([['server.js', { sum: disk.text, changedAt: disk.changedAt }]]),
  folders: ['/srv'],
  isCut,
});

const web = (text: string, more: Partial<AppSpec> = {}): AppSpec =>
  withCode(appSpec({ ...more }), { ...identity().code, id: text, digest: text });

/** The content as it was when the look began. */
const look = async (specs: readonly AppSpec[]): Promise<ReadonlyMap<string, Identity>> => {
  const seen = identity();
  if (takes > 0) await new Promise((resolve) => setTimeout(resolve, takes));
  return new Map(specs.map(({ name }) => [name, seen]));
};

const pass = async (ms: number): Promise<void> => {
  clock += ms;
  await vi.advanceTimersByTimeAsync(ms);
};

const change = async (text: string): Promise<void> => {
  disk = { text, changedAt: START + clock };
  if (watched.has('/srv')) poke();
  await pass(1000);
};

/** The app's workers run, and were started at this time. */
const run = (spec: AppSpec, startedAt: number): void => {
  apps = running(spec).observed.apps.map((app) => ({
    ...app,
    workers: app.workers.map((worker) => ({ ...worker, startedAt })),
  }));
  watch.follow(desire(spec));
  watch.started();
};

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  [clock, events, said, apps] = [0, [], [], []];
  [takes, watched, isCut] = [0, new Set(), false];
  disk = { text: 'one', changedAt: START - 5000 };
  watch = new CodeWatch({
    clock: () => clock,
    apps: () => apps,
    look,
    watch: (changed) => {
      poke = changed;
      return { arm: (places) => void (watched = new Set(places.keys())), close: () => {} };
    },
    note: (event) => events.push(event),
    say: (text) => said.push(text),
  });
});
afterEach(() => {
  watch.close();
  vi.useRealTimers();
});

const isChanged = (): boolean => apps.some((app) => watch.isChanged(app));

test('tells once of what has changed in place, and how to go on', async () => {
  run(web('one'), 0);
  await pass(1000);
  expect([isChanged(), said]).toEqual([false, []]);
  await change('two');
  await change('two');
  expect(isChanged()).toBe(true);
  expect(said).toEqual([expect.stringMatching(/^web: server\.js changed; .*`cluster-up reload web`/)]);
  // Workers that were there before run what they were started from.
  expect(events).toEqual([]);
  await change('one');
  expect(isChanged()).toBe(false);
  await change('two');
  expect(said).toHaveLength(2);
});

test('a worker that is started after that runs other code than its revision', async () => {
  const spec = web('one');
  run(spec, 0);
  await pass(1000);
  await change('two');
  run(spec, clock + 1);
  await pass(1000);
  expect(events[0]).toMatchObject({ type: 'other-code', app: 'web', code: 'two' });
  expect(new Set(events.map(({ id }) => id)).size).toBe(2);
});

test('one that was started just before does not, though nobody had looked since', async () => {
  run(web('one'), 10);
  clock = 20;
  await change('two');
  expect([isChanged(), events]).toEqual([true, []]);
});

test('a file that comes from elsewhere may be older than a worker that never saw it', async () => {
  run(web('one'), 10);
  await pass(1000);
  disk = { text: 'two', changedAt: START - 60_000 };
  poke();
  await pass(1000);
  expect([isChanged(), events]).toEqual([true, []]);
});

test('once the code that is there is asked for, nothing is to be said', async () => {
  run(web('one'), 0);
  await pass(1000);
  await change('two');
  run(web('two'), clock);
  expect(isChanged()).toBe(false);
  await pass(1000);
  expect([isChanged(), events]).toEqual([false, []]);
});

test('an app that is watched rolls by itself: it is not told of', async () => {
  const triggers = { ...appSpec().triggers, watch: { paths: ['.'], ignore: [], delay: 0, poll: null } };
  run(web('one', { triggers }), 0);
  await pass(1000);
  await change('two');
  expect([isChanged(), said]).toEqual([true, []]);
});

test('what nothing tells of is seen all the same', async () => {
  run(web('one'), 0);
  await pass(1000);
  disk = { text: 'two', changedAt: START + clock };
  await pass(31_000);
  expect(said).toHaveLength(1);
});

test('a change during the very first look is seen at once', async () => {
  takes = 400;
  apps = [...running(web('one')).observed.apps];
  watch.follow(desire(web('one')));
  await pass(100);
  await change('two');
  await pass(1000);
  expect(said).toHaveLength(1);
});

test('and one during any other', async () => {
  run(web('one'), 0);
  await pass(1000);
  takes = 400;
  disk = { text: 'two', changedAt: START + clock };
  poke();
  // The next look has begun, and has read the file.
  await pass(400);
  await change('one');
  await pass(4000);
  expect([isChanged(), said.length]).toEqual([false, 1]);
});

test('a look that took long does not put off what is to be told for long', async () => {
  takes = 2000;
  run(web('one'), 0);
  await pass(5000);
  takes = 0;
  await change('two');
  await pass(3000);
  expect(said).toHaveLength(1);
});

test('that only the script counts is told, once', async () => {
  isCut = true;
  run(web('one'), 0);
  await pass(61_000);
  expect(said).toEqual([expect.stringMatching(/^web: there are too many files in \/srv .* `ignore_watch`$/)]);
  isCut = false;
  await pass(31_000);
  isCut = true;
  await pass(31_000);
  expect(said).toHaveLength(2);
});
