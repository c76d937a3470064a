/** Which workers are asked, and what becomes of them: on a virtual clock, with workers that answer as the test says. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ProbeOutcome } from '../../../src/model/protocol.ts';
import type { HealthSpec, TriggersSpec } from '../../../src/model/spec.ts';
import { HealthWatch } from '../../../src/watchers/health/health.ts';
import { spec, type AppOptions } from '../../plan/build.ts';
import { running, World } from '../../plan/world.ts';

const HEALTH: HealthSpec = { http: '/healthz', interval: 5000, timeout: 1000, failures: 3 };
const NONE: TriggersSpec = { maxMemory: null, health: null, loopTimeout: null, cron: null, watch: null };

function app(triggers: Partial<TriggersSpec>, options: AppOptions = {}) {
  return spec({ ...options, triggers: { ...NONE, ...triggers } });
}

/** The plan decides, and workers that start listen at once. */
class Stage {
  readonly said: string[] = [];
  /** By worker; 200 at once unless the test says otherwise. */
  readonly outcomes = new Map<number, ProbeOutcome | 'silent'>();
  readonly blocked = new Set<number>();
  readonly asked: number[] = [];
  readonly world: World;
  otherwise: ProbeOutcome = 200;
  /** Whether workers that start listen. */
  boots = true;
  readonly #held: (() => void)[] = [];
  readonly #health = new HealthWatch({
    clock: () => Date.now(),
    apps: () => this.world.observed.apps,
    questions: (id) => ({
      probe: (_path, _timeout, answer) => {
        this.asked.push(id);
        const outcome = this.outcomes.get(id) ?? this.otherwise;
        if (outcome !== 'silent') setTimeout(() => answer(outcome), 5);
      },
      turn: (answer) => {
        this.asked.push(id);
        if (this.blocked.has(id)) this.#held.push(answer);
        else setTimeout(answer, 5);
      },
    }),
    note: (event) => this.#settle(() => this.world.note(event)),
    unfit: (_app, id, cause) => this.#settle(() => this.world.unfit(cause, id)),
    say: (text) => this.said.push(text),
  });

  constructor(world: World) {
    this.world = world;
    this.#health.look();
  }

  /** The clock goes on; whoever starts listens after 100 ms, whoever leaves is gone after that. */
  async pass(ms: number, step = 100): Promise<void> {
    for (const end = Date.now() + ms; Date.now() < end;) {
      await vi.advanceTimersByTimeAsync(Math.min(step, end - Date.now()));
      this.#settle(() => {
        const starting = this.world.app().workers.filter(({ status }) => status === 'starting' && this.boots);
        this.world.listen(...starting.filter(({ listeningAt }) => listeningAt === null).map(({ id }) => id));
        this.world.leave();
      });
    }
  }

  /** Whoever was blocked answers what it was asked. */
  turn(): void {
    this.blocked.clear();
    for (const answer of this.#held.splice(0)) answer();
  }

  replace(...apps: Parameters<World['edit']>): void {
    this.#settle(() => this.world.edit(...apps));
  }

  close(): void {
    this.#health.close();
  }

  #settle(change: () => void): void {
    this.world.now = Date.now();
    change();
    this.#health.look();
  }
}

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

describe('health_check', () => {
  test('without it there is neither a question nor a timer', async () => {
    const stage = new Stage(running(app({})));
    await stage.pass(60_000);
    expect(stage.asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('three failures in a row, and its successor serves before it leaves', async () => {
    const stage = new Stage(running(app({ health: HEALTH })));
    stage.outcomes.set(1, 503);
    await stage.pass(14_000);
    expect(stage.world.workers()).toBe('0:a#1 online, 1:a#2 online');
    await stage.pass(1500);
    expect(stage.said).toEqual([
      'web:0 (pid 1) failed its health check 3 times in a row: it answered 503 on /healthz',
    ]);
    expect(stage.world.workers()).toBe('1:a#2 online, 0:a#3 online');
    expect(stage.world.history.at(-1)).toMatchObject({ kind: 'drain', worker: 1 });
    stage.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('one that does not even answer is told of in those words', async () => {
    const stage = new Stage(running(app({ health: { ...HEALTH, failures: 1 } })));
    stage.outcomes.set(2, 'silent');
    await stage.pass(7000);
    expect(stage.said).toEqual([
      'web:1 (pid 2) failed its health check: it did not answer on /healthz within 1 s',
    ]);
    stage.close();
  });

  test('successors that fail, too, are replaced less and less often', async () => {
    const stage = new Stage(running(app({ health: { ...HEALTH, interval: 1000 } }, { instances: 1 })));
    stage.otherwise = 500;
    await stage.pass(6 * 60_000, 500);
    const starts = stage.world.history.filter(({ kind }) => kind === 'start').length;
    // The first is replaced once it has failed 3 times, the others 6, 12, 24, 48, 96 and 192 s after they were ready.
    expect(starts).toBe(7);
    stage.close();
  });

  test('one that is well again before its successor was started is kept', async () => {
    const stage = new Stage(running(app({ health: { ...HEALTH, interval: 1000 } })));
    stage.otherwise = 503;
    stage.boots = false;
    await stage.pass(4000);
    // Both fail; one at a time is replaced.
    expect(stage.world.workers()).toBe('0:a#1 online, 1:a#2 online, 0:a#3 starting');
    stage.otherwise = 200;
    await stage.pass(4000);
    stage.boots = true;
    await stage.pass(4000);
    expect(stage.world.workers()).toBe('1:a#2 online, 0:a#3 online');
    expect(stage.said.slice(2)).toContain('web:1 (pid 2) is well again');
    expect(stage.world.app().workers.map(({ failing, unfit }) => [failing, unfit])).toEqual([
      [null, null],
      [null, null],
    ]);
    stage.close();
  });

  test('an app without an HTTP server is told of once; one that has lost it fails', async () => {
    const stage = new Stage(running(app({ health: HEALTH })));
    stage.otherwise = 'no-server';
    await stage.pass(30_000);
    expect(stage.said).toEqual([
      'web: health_check has nothing to ask: no HTTP server listens in its workers',
    ]);
    stage.otherwise = 200;
    await stage.pass(6000);
    stage.outcomes.set(1, 'no-server');
    await stage.pass(16_000);
    expect(stage.said[1]).toContain('had no HTTP server to ask for /healthz');
    stage.close();
  });

  test('the code of an earlier revision is not judged by what came with a later one', async () => {
    const stage = new Stage(running(app({})));
    stage.replace(app({ health: HEALTH }, { revision: 'b' }));
    expect(stage.world.workers()).toBe('0:a#1 online, 1:a#2 online, 0:b#3 starting');
    await stage.pass(20_000);
    expect(new Set(stage.asked)).toEqual(new Set([3, 4]));
    stage.close();
  });
});

describe('event_loop_timeout', () => {
  test('one that is blocked is replaced and then stopped, without a drain that could not end', async () => {
    const stage = new Stage(running(app({ loopTimeout: 10_000 })));
    stage.blocked.add(1);
    await stage.pass(12_000);
    expect(stage.said).toEqual([]);
    await stage.pass(1000);
    expect(stage.said).toEqual([
      'web:0 (pid 1) has blocked its event loop for too long: event_loop_timeout is 10 s',
    ]);
    await stage.pass(1000);
    expect(stage.world.workers()).toBe('1:a#2 online, 0:a#3 online');
    const last = stage.world.history.filter((step) => 'worker' in step && step.worker === 1);
    expect(last.slice(1)).toMatchObject([{ kind: 'stop', blocked: true, cause: 'replaced by worker 3' }]);
    stage.close();
  });

  test('one that turns again is replaced, too, but drains', async () => {
    const stage = new Stage(running(app({ loopTimeout: 1000 })));
    stage.blocked.add(1);
    stage.boots = false;
    await stage.pass(1400);
    expect(stage.world.workers()).toBe('0:a#1 online, 1:a#2 online, 0:a#3 starting');
    stage.turn();
    await stage.pass(500);
    expect(stage.said.at(-1)).toBe('web:0 (pid 1) is well again');
    stage.boots = true;
    await stage.pass(500);
    expect(stage.world.workers()).toBe('1:a#2 online, 0:a#3 online');
    expect(stage.world.history.at(-1)).toMatchObject({ kind: 'drain', worker: 1 });
    stage.close();
  });
});

describe('ready: { http }', () => {
  const ready = { http: '/ready' };

  test('a worker that listens is asked until it passes', async () => {
    const world = new World();
    world.edit(app({}, { ready }));
    const stage = new Stage(world);
    stage.otherwise = 503;
    await stage.pass(5000);
    expect(stage.world.workers()).toBe('0:a#1 starting, 1:a#2 starting');
    // 50, 100, 200, 400, 800, then every 1000 ms.
    expect(stage.asked.filter((id) => id === 1).length).toBe(9);
    stage.otherwise = 302;
    await stage.pass(1100);
    expect(stage.world.workers()).toBe('0:a#1 online, 1:a#2 online');
    const { length } = stage.asked;
    await stage.pass(10_000);
    expect(stage.asked.length).toBe(length);
    stage.close();
  });

  test('one that never passes is drained, since it may be answering others, and says what it met', async () => {
    const stage = new Stage(running(app({}, { ready: 'listening' })));
    stage.outcomes.set(3, 503);
    stage.replace(app({}, { ready, revision: 'b', rollout: { deadline: 3000 } }));
    await stage.pass(3500);
    const fail = stage.world.history.find(({ kind }) => kind === 'fail');
    expect(fail?.cause).toMatch(/^did not become ready within 3 s: it answered 503 on \/ready [678] times$/);
    expect(stage.world.history.find((step) => 'worker' in step && step.worker === 3)).toMatchObject({
      kind: 'drain',
      overdue: true,
    });
    expect(stage.world.workers()).toBe('0:a#1 online, 1:a#2 online');
    stage.close();
  });
});
