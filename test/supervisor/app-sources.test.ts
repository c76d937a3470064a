/** Releases that are looked for and made beside what runs, with a stand-in for whoever makes them. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SourceSpec } from '../../src/model/source.ts';
import type { AppSpec, Desired } from '../../src/model/spec.ts';
import { ReleaseError } from '../../src/releases/release-error.ts';
import { revised, type Release } from '../../src/releases/release.ts';
import { AppSources } from '../../src/supervisor/app-sources.ts';
import { fromGit } from '../releases/support.ts';
import { desire, spec } from '../plan/build.ts';

const version = (letter: string): string => letter.repeat(40);

/** What the branch is, or why nobody can say. */
let branch: string | Error | Promise<string> = version('a');
let failure: Error | null = null;
let there: Release[] = [];
let made: string[] = [];
let aborted = 0;
let said: string[] = [];
let moved = 0;
let changes = 0;
let finish: (() => void) | null = null;
/** Whether a release waits for `finish`. */
let isSlow = false;

const releases = {
  resolve: (): Promise<ReturnType<typeof revised>> =>
    branch instanceof Error
      ? Promise.reject(branch)
      : Promise.resolve(branch).then((commit) => revised(commit, 'main')),
  prepare: async (_: SourceSpec, what: ReturnType<typeof revised>, { signal }: { signal?: AbortSignal }) => {
    made.push(what.id[0] ?? '');
    signal?.addEventListener('abort', () => (aborted += 1));
    if (isSlow) await new Promise<void>((resolve) => (finish = resolve));
    if (failure !== null) throw failure;
    const release = { ...what, folder: `/releases/${what.id}`, preparedAt: 0 };
    there = [release, ...there];
    return release;
  },
  list: () => there,
  prune: () => Promise.resolve([]),
};

let sources: AppSources;

const app = (name = 'shop', more: Partial<SourceSpec> = {}): AppSpec =>
  spec({ name, source: fromGit('/repo', 'main', more), unprepared: true });
const follow = (...apps: readonly AppSpec[]): void => sources.follow(desire(...apps));
const pass = async (ms = 0): Promise<void> => {
  await vi.advanceTimersByTimeAsync(ms);
};
const states = (spec: AppSpec = app()): string | null => sources.preparationOf(spec)?.state ?? null;
const folder = (spec: AppSpec = app()): string | null =>
  spec.source === undefined ? null : sources.releaseOf(spec.source);

beforeEach(() => {
  vi.useFakeTimers();
  [branch, failure, there, made, aborted, said, moved] = [version('a'), null, [], [], 0, [], 0];
  [finish, isSlow] = [null, false];
  sources = new AppSources({
    releases,
    environmentOf: () => ({}),
    changed: () => void (changes += 1),
    moved: () => Promise.resolve(void (moved += 1)),
    say: (text) => said.push(text),
  });
});
afterEach(() => {
  sources.close();
  vi.useRealTimers();
});

test('it is prepared once for all apps that share it, and read when it is there', async () => {
  isSlow = true;
  follow(app('shop'), app('admin'));
  await pass();
  expect([states(), states(app('admin')), folder(), moved]).toEqual(['preparing', 'preparing', null, 0]);
  finish?.();
  await pass();
  expect([states(), folder(), moved, made]).toEqual([null, '/releases/aaaaaaaa', 1, ['a']]);
  follow(app('shop'), app('admin'));
  await pass();
  expect(made).toEqual(['a']);
});

test('a build that fails is not tried again by itself, but by hand, or for another commit', async () => {
  failure = new ReleaseError('The build failed.', ['no space']);
  follow(app('shop', { poll: 1000 }));
  await pass(10_000);
  expect([states(), made]).toEqual(['failed', ['a']]);
  expect(sources.preparationOf(app())).toMatchObject({ last: ['no space'] });
  sources.ask();
  await pass();
  expect(made).toEqual(['a', 'a']);
  [failure, branch] = [null, version('b')];
  await pass(1000);
  expect([states(), folder(), made]).toEqual([null, '/releases/bbbbbbbb', ['a', 'a', 'b']]);
});

test('what is there runs where nobody can say what is asked for; who asks is told, and it is looked again', async () => {
  follow(app());
  await pass();
  sources.close();
  branch = new ReleaseError('There is no network.');
  follow(app());
  await pass();
  expect([states(), folder(), moved]).toEqual(['failed', '/releases/aaaaaaaa', 2]);
  expect(said.at(-1)).toBe('shop: There is no network. It goes on with main (aaaaaaaa).');
  branch = version('b');
  await pass(5000);
  expect([states(), folder()]).toEqual([null, '/releases/bbbbbbbb']);
});

test('a look that nobody asked for and that fails changes nothing, and is told once', async () => {
  follow(app('shop', { poll: 1000 }));
  await pass();
  branch = new ReleaseError('There is no network.');
  await pass(60_000);
  expect([states(), said.filter((text) => text.includes('no network')).length]).toEqual([null, 1]);
  const before = changes;
  await pass(60_000);
  expect(changes).toBe(before);
  branch = version('b');
  await pass(300_000);
  expect(folder()).toBe('/releases/bbbbbbbb');
});

test('what nobody asks for any more is given up', async () => {
  isSlow = true;
  follow(app());
  await pass();
  follow(spec({ name: 'shop' }));
  expect([aborted, states()]).toEqual([1, null]);
});

test('who asks while it is looked for is answered by another look', async () => {
  isSlow = true;
  follow(app());
  await pass();
  branch = version('b');
  sources.ask();
  finish?.();
  await pass();
  finish?.();
  await pass();
  expect([states(), folder(), made]).toEqual([null, '/releases/bbbbbbbb', ['a', 'b']]);
});

test('who asks while it is looked for unasked waits for what comes of it', async () => {
  follow(app('shop', { poll: 1000 }));
  await pass();
  let answer = (): void => {};
  branch = new Promise<string>((resolve) => (answer = () => resolve(version('a'))));
  await pass(1000);
  expect(states()).toBeNull();
  sources.ask();
  expect(states()).toBe('preparing');
  const first = answer;
  branch = version('b');
  isSlow = true;
  first();
  await pass();
  expect(states()).toBe('preparing');
  finish?.();
  await pass();
  expect([states(), folder()]).toEqual([null, '/releases/bbbbbbbb']);
});

test('the file is read with the releases that are there, and is another content with others', async () => {
  const asked: (string | null)[] = [];
  const file = desire(app());
  const load = (
    _: unknown,
    releaseOf?: (source: SourceSpec) => string | null,
  ): Promise<{ desired: Desired }> => {
    const source = app().source;
    if (source !== undefined) asked.push(releaseOf?.(source) ?? null);
    return Promise.resolve({ desired: file });
  };
  const over = sources.over({ load } as unknown as Parameters<AppSources['over']>[0]);
  const first = await over.load();
  follow(app());
  await pass();
  const second = await over.load();
  expect(asked).toEqual([null, '/releases/aaaaaaaa']);
  expect(first.desired?.releases).not.toBe(second.desired?.releases);
});

test('a release that comes while the file is read is none that it was read with', async () => {
  let read = (): void => {};
  const load = async (_: unknown, releaseOf?: (source: SourceSpec) => string | null): Promise<unknown> => {
    releaseOf?.(app().source ?? fromGit('/repo'));
    await new Promise<void>((resolve) => (read = resolve));
    return { desired: desire(app()) };
  };
  const over = sources.over({ load } as unknown as Parameters<AppSources['over']>[0]);
  const reading = over.load();
  follow(app());
  await pass();
  expect(folder()).toBe('/releases/aaaaaaaa');
  read();
  const again = over.load();
  read();
  const releasesOf = async (loaded: typeof reading): Promise<string | undefined> =>
    (await loaded).desired?.releases;
  expect(await releasesOf(reading)).not.toBe(await releasesOf(again));
});
