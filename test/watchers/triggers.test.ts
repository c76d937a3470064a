import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ObservedApp } from '../../src/model/observed.ts';
import type { AppSpec, TriggersSpec } from '../../src/model/spec.ts';
import type { Usage } from '../../src/watchers/processes.ts';
import type { SourceWatchOptions } from '../../src/watchers/sources/source-watch.ts';
import { Triggers } from '../../src/watchers/triggers.ts';
import { spec } from '../plan/build.ts';
import { running } from '../plan/world.ts';

const MB = 2 ** 20;

/** Apps on a virtual clock, whose files and memory are what the test says. */
class Stage {
  readonly done: string[] = [];
  readonly watches: (SourceWatchOptions & { isOpen: boolean })[] = [];
  readonly memory = new Map<number, number>();
  looks = 0;
  apps: readonly ObservedApp[] = [];
  readonly #triggers = new Triggers({
    clock: () => Date.now(),
    apps: () => this.apps,
    usage: (ages) => {
      this.looks += 1;
      const usage = [...ages.keys()].map((pid): [number, Usage] => [
        pid,
        { cpu: 0, usedMs: 0, memory: this.memory.get(pid) ?? 0 },
      ]);
      return Promise.resolve(new Map(usage));
    },
    reload: (app, cause) => this.done.push(`reload ${app}: ${cause}`),
    unfit: (app, worker, cause) => {
      this.done.push(`replace ${app} ${worker}: ${cause}`);
    },
    say: (text) => this.done.push(text),
    watchSources: (options) => {
      const watch = { ...options, isOpen: true };
      this.watches.push(watch);
      return { close: () => void (watch.isOpen = false) };
    },
  });

  /** These apps run, all ready at the time 0 of the clock. */
  run(...apps: AppSpec[]): this {
    const known = apps.filter(({ instances }) => instances > 0);
    this.apps = running(...known).observed.apps;
    this.#triggers.follow({ file: '/srv/ecosystem.yml', apps });
    return this;
  }

  roll(state: 'progressing' | 'complete'): void {
    this.apps = this.apps.map((app) => ({ ...app, rollout: app.rollout && { ...app.rollout, state } }));
    if (state === 'complete') for (const { name } of this.apps) this.#triggers.settled(name);
  }

  /** The worker is another one now, ready since this moment. */
  replaced(id: number, next: number): void {
    this.apps = this.apps.map((app) => ({
      ...app,
      workers: app.workers.map((w) => (w.id === id ? { ...w, id: next, pid: next, readyAt: Date.now() } : w)),
    }));
  }

  close(): void {
    this.#triggers.close();
  }
}

const none: TriggersSpec = { maxMemory: null, health: null, loopTimeout: null, cron: null, watch: null };
const app = (triggers: Partial<TriggersSpec>, name = 'web'): AppSpec =>
  spec({ name, triggers: { ...none, ...triggers } });

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

describe('cron', () => {
  const nightly = app({ cron: { line: '0 3 * * *', timeZone: 'UTC' } });
  const HOUR = 3_600_000;

  test('reloads at its time', async () => {
    const stage = new Stage().run(nightly);
    await vi.advanceTimersByTimeAsync(2 * HOUR);
    expect(stage.done).toEqual([]);
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(stage.done).toEqual(['reload web: cron 0 3 * * *']);
    await vi.advanceTimersByTimeAsync(24 * HOUR);
    expect(stage.done.length).toBe(2);
    stage.close();
  });

  test('is skipped, and said to be, while the app is still rolling', async () => {
    const stage = new Stage().run(nightly);
    stage.roll('progressing');
    await vi.advanceTimersByTimeAsync(3 * HOUR);
    expect(stage.done).toEqual(['web: cron 0 3 * * * skipped: it is still rolling']);
    stage.close();
  });

  test('keeps its timer over edits of other things, and loses it with its line, app or workers', async () => {
    const stage = new Stage().run(app({ cron: { line: '0 3 * * *', timeZone: 'UTC' } }));
    await vi.advanceTimersByTimeAsync(HOUR);
    stage.run({ ...nightly, instances: 5 });
    await vi.advanceTimersByTimeAsync(2 * HOUR);
    expect(stage.done.length).toBe(1);
    for (const edited of [[app({})], [], [{ ...nightly, instances: 0 }]]) {
      stage.run(nightly);
      expect(vi.getTimerCount()).toBe(1);
      stage.run(...edited);
      expect(vi.getTimerCount()).toBe(0);
    }
  });
});

describe('watch', () => {
  const watched = app({ watch: { paths: ['.'], ignore: [], delay: 500, poll: null } });

  test('reloads once for a burst, and once more for what came while it rolled', () => {
    const stage = new Stage().run(watched);
    stage.watches[0]?.changed('src/a.js');
    stage.watches[0]?.changed('src/b.js');
    vi.advanceTimersByTime(500);
    expect(stage.done).toEqual(['reload web: src/a.js and 1 more changed']);
    stage.roll('progressing');
    stage.watches[0]?.changed('src/c.js');
    vi.advanceTimersByTime(5_000);
    stage.watches[0]?.changed('src/c.js');
    vi.advanceTimersByTime(5_000);
    expect(stage.done.length).toBe(1);
    stage.roll('complete');
    expect(stage.done.slice(1)).toEqual(['reload web: src/c.js changed']);
  });

  test('is opened anew only when what it watches is edited, and closed in the end', () => {
    const stage = new Stage().run(watched).run({ ...watched, instances: 3 });
    expect(stage.watches.length).toBe(1);
    stage.run(app({ watch: { paths: ['src'], ignore: [], delay: 500, poll: null } }));
    expect(stage.watches.map(({ isOpen }) => isOpen)).toEqual([false, true]);
    stage.watches[1]?.changed('src/a.js');
    stage.close();
    expect(stage.watches.map(({ isOpen }) => isOpen)).toEqual([false, false]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('says what its watcher cannot do', () => {
    const stage = new Stage().run(watched);
    stage.watches[0]?.failed('may miss changes: ENOSPC');
    expect(stage.done).toEqual(['web: watch may miss changes: ENOSPC']);
    stage.close();
  });
});

describe('memory', () => {
  const limited = app({ maxMemory: 300 * MB });

  test('is not looked at without a limit, and no longer than there is one', async () => {
    const stage = new Stage().run(app({}));
    expect(vi.getTimerCount()).toBe(0);
    stage.run(limited);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(stage.looks).toBe(10);
    stage.run(app({}));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(stage.looks).toBe(10);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('replaces the worker that has too much, and no other', async () => {
    const stage = new Stage().run(limited);
    const [first, second] = stage.apps[0]?.workers ?? [];
    stage.memory.set(first?.pid ?? 0, 300 * MB).set(second?.pid ?? 0, 301 * MB);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(stage.done).toEqual([`replace web ${second?.id}: uses 301 MiB, max_memory_restart is 300 MiB`]);
    stage.close();
  });

  test('replaces workers that are too big from the start less and less often', async () => {
    const stage = new Stage().run(limited);
    let [{ id } = { id: 0 }] = stage.apps[0]?.workers ?? [];
    const times: number[] = [];
    for (let next = 100; times.length < 12; next++) {
      stage.memory.set(id, 400 * MB).set(next, 400 * MB);
      const before = stage.done.length;
      const start = Date.now();
      while (stage.done.length === before) await vi.advanceTimersByTimeAsync(3_000);
      times.push((Date.now() - start) / 1000);
      stage.replaced(id, next);
      id = next;
    }
    expect(times).toEqual([3, 6, 12, 24, 48, 96, 192, 384, 600, 600, 600, 600]);
    stage.close();
  });
});
