/** Each effect of the supervisor fails in turn: what fails is told and tried again, and all else goes on. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemTimers } from '../../src/model/clock.ts';
import type { Notice } from '../../src/model/notice.ts';
import type { AppSpec } from '../../src/model/spec.ts';
import { plan } from '../../src/plan/plan.ts';
import { loopOf } from '../../src/supervisor/assembly/loop.ts';
import { Notices } from '../../src/supervisor/notices.ts';
import type { Launch, WorkerHandle, WorkerNews } from '../../src/workers/handle.ts';
import { SYSTEM } from '../../src/sockets/socket-requests.ts';
import { desire, spec } from '../plan/build.ts';

const EFFECTS = [
  'start',
  'reserve',
  'accept',
  'drain',
  'stop',
  'kill',
  'serve on',
  'keep measuring',
  'write down',
  'notify',
  'changed',
  'ended',
  'plan for web',
] as const;
type Effect = (typeof EFFECTS)[number];

/** Workers that listen, drain and stop at once when they are told to; one that is told to hang has to be killed. */
class Stage {
  broken: Effect | null = null;
  /** What failed, and how it was told. */
  readonly told: string[] = [];
  readonly living = new Map<number, { launch: Launch; news: (news: WorkerNews) => void; accepts: boolean }>();
  hangs = false;
  /** How often the effect that is broken was tried. */
  tries = 0;
  readonly #failed = (what: string, error: unknown): void => void this.told.push(`${what}: ${String(error)}`);
  readonly #notices = new Notices(this.#failed);
  readonly loop = loopOf(
    {
      timers: { ...systemTimers, now: () => Date.now() },
      owner: { file: '', rendezvous: '' },
      start: (launch, _sockets, _owner, _sink, news) => this.#start(launch, news),
      plan: (desired, observed, now) => {
        if ([...desired.apps, ...observed.apps].some(({ name }) => name === 'web'))
          this.#effect('plan for web');
        return plan(desired, observed, now);
      },
      sockets: SYSTEM,
      reserve: {
        fill: () => this.#effect('reserve'),
        ease: () => this.#effect('reserve'),
        drop: () => this.#effect('reserve'),
      },
    },
    {
      sink: { write: () => true, whenWritable: (resume) => resume() },
      notify: this.#notices.tell,
      failed: this.#failed,
      started: () => this.#effect('write down'),
      measured: () => {},
      ended: () => this.#effect('ended'),
      turned: () => this.#effect('changed'),
      converged: () => {},
    },
  );

  constructor() {
    this.#notices.listen((notice) => this.#notified(notice));
    this.loop.workers.keepMeasuring([1]);
  }

  apply(...apps: AppSpec[]): void {
    this.loop.apply({ ...desire(...apps), orphanTimeout: 60_000 });
  }

  /** Workers of the app that serve now. */
  serving(app: string): number {
    return [...this.living.values()].filter(({ launch, accepts }) => launch.spec.name === app && accepts)
      .length;
  }

  /** The clock goes on; at each moment each app has somebody who serves. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      await vi.advanceTimersByTimeAsync(50);
      for (const app of ['web', 'api']) expect(this.serving(app), `${app} is served`).toBeGreaterThan(0);
    }
  }

  crash(app: string): void {
    const id = [...this.living].find(([, { launch, accepts }]) => launch.spec.name === app && accepts)?.[0];
    if (id !== undefined) this.#end(id, 1);
  }

  #effect(effect: Effect): void {
    if (this.broken !== effect) return;
    this.tries += 1;
    throw new Error(`no ${effect} now`);
  }

  #notified(notice: Notice): void {
    this.#effect('notify');
    if (notice.type === 'failed') this.told.push(`${notice.what}: ${notice.reason}`);
    if (notice.type === 'died' && notice.exit.spawnError !== null) this.told.push(notice.exit.spawnError);
  }

  #start(launch: Launch, news: (news: WorkerNews) => void): WorkerHandle {
    this.#effect('start');
    const { id } = launch;
    this.living.set(id, { launch, news, accepts: true });
    setTimeout(() => news({ type: 'listening', address: 'port 1' }), 10);
    const { hangs } = this;
    return {
      pid: 1000 + id,
      accept: () => this.#effect('accept'),
      drain: () => {
        this.#effect('drain');
        const worker = this.living.get(id);
        if (worker !== undefined) worker.accepts = false;
        if (!hangs) setTimeout(() => news({ type: 'drained' }), 10);
      },
      stop: () => {
        this.#effect('stop');
        if (!hangs) setTimeout(() => this.#end(id, 0), 10);
      },
      kill: () => {
        this.#effect('kill');
        setTimeout(() => this.#end(id, null), 10);
      },
      serveOn: () => this.#effect('serve on'),
      keepMeasuring: () => this.#effect('keep measuring'),
      lastWords: () => [],
    };
  }

  #end(id: number, code: number | null): void {
    const worker = this.living.get(id);
    if (!this.living.delete(id)) return;
    worker?.news({ type: 'exited', exit: { code, signal: null, stderr: [], spawnError: null } });
  }
}

describe('each effect fails for a while', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  const web = (revision: string, instances = 3): AppSpec => spec({ name: 'web', revision, instances });
  const api = (revision: string): AppSpec => spec({ name: 'api', revision, instances: 2 });

  test.each(EFFECTS)('%s', async (effect) => {
    const stage = new Stage();
    stage.hangs = effect === 'kill';
    stage.apply(web('a'), api('a'));
    await vi.advanceTimersByTimeAsync(2000);
    expect(stage.loop.outcomes.isConverged).toBe(true);
    expect(stage.told).toEqual([]);

    stage.broken = effect;
    stage.apply(web('b', 4), api('b'));
    await stage.pass(1000);
    stage.crash('web');
    stage.apply(web('c'), api('b'));
    await stage.pass(16_000);
    expect(stage.tries, 'it was tried').toBeGreaterThan(0);
    expect(
      stage.told.filter((text) => text.includes(`no ${effect} now`)).length,
      'it is told',
    ).toBeGreaterThan(0);

    stage.broken = null;
    const told = stage.told.length;
    // By hand, as what was rolled back meanwhile is not tried again by itself.
    stage.apply(web('d'), api('d'));
    await stage.pass(120_000);
    expect(stage.loop.outcomes.isConverged).toBe(true);
    expect(
      [...stage.living.values()].map(({ launch: { spec } }) => `${spec.name} ${spec.revision}`).sort(),
    ).toEqual(['api d', 'api d', 'web d', 'web d', 'web d']);
    expect(stage.told.slice(told), 'nothing is told of any more').toEqual([]);
  });
});
