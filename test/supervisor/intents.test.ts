import { describe, expect, it } from 'vitest';
import { NO_INTENT, withIntents, type Intent } from '../../src/supervisor/intents.ts';
import { desire, spec } from '../plan/build.ts';

const file = desire(spec({ instances: 3 }));
const { generation } = file;
const asIntended = (intent: Partial<Intent>, edition = 1): ReturnType<typeof withIntents> =>
  withIntents(file, new Map([['web', { ...NO_INTENT, ...intent }]]), edition);

describe('intents', () => {
  it('change nothing when there are none', () => {
    expect(withIntents(file, new Map(), 0)).toEqual(file);
  });

  it('make every reload a revision of its own, and nothing else of it', () => {
    const revisions = [0, 1, 2].map((reloads) => asIntended({ reloads }).apps[0]?.revision);
    expect(new Set(revisions).size).toBe(3);
    expect(revisions[0]).toBe('a');
    const [web] = asIntended({ reloads: 1, asked: { what: 'reload', generation } }).apps;
    expect(web).toEqual({ ...file.apps[0], revision: revisions[1], because: { revision: 'reload' } });
  });

  it('let a restart do without any worker', () => {
    const [web] = asIntended({ reloads: 1, asked: { what: 'restart', generation } }).apps;
    expect(web?.rollout).toMatchObject({ maxSurge: 0, maxUnavailable: 3 });
  });

  it('keep an app stopped over edits', () => {
    expect(asIntended({ stopped: true }).apps[0]).toMatchObject({
      instances: 0,
      because: { instances: 'stopped by hand' },
    });
  });

  it('keep an app stopped that does not start by itself, until somebody starts it', () => {
    const lazy = desire(spec({ autostart: false }));
    const intended = (intent: Partial<Intent>): unknown =>
      withIntents(lazy, new Map([['web', { ...NO_INTENT, ...intent }]]), 1).apps[0];
    expect(intended({})).toMatchObject({ instances: 0, because: { instances: 'autostart is false' } });
    expect(intended({ stopped: false })).toMatchObject({ instances: 2 });
    expect(intended({ stopped: true })).toMatchObject({
      instances: 0,
      because: { instances: 'stopped by hand' },
    });
  });

  it('have no canary in a restart or a rollback', () => {
    const careful = desire(spec({ rollout: { canary: 1, canaryPause: 9 } }));
    const canaryOf = (what: 'reload' | 'restart' | 'rollback'): number | undefined => {
      const asked = { what, generation: careful.generation };
      return withIntents(careful, new Map([['web', { ...NO_INTENT, reloads: 1, asked }]]), 1).apps[0]?.rollout
        .canary;
    };
    expect([canaryOf('reload'), canaryOf('restart'), canaryOf('rollback')]).toEqual([1, 0, 0]);
  });

  it('hold a rollback as long as the file asks for what it was rolled back from, and a restart while it is the same', () => {
    const old = spec({ revision: 'before' });
    const asked = { what: 'rollback', generation } as const;
    expect(asIntended({ asked, rollback: { from: 'a', spec: old } }).apps[0]).toMatchObject({
      revision: 'before',
      process: { env: { VERSION: 'before' } },
      instances: 3,
    });
    const [later] = asIntended({
      asked: { what: 'restart', generation: 'older' },
      rollback: { from: 'older', spec: old },
    }).apps;
    expect(later).toMatchObject({ revision: 'a', rollout: file.apps[0]?.rollout, because: {} });
  });

  it('hold a rollback over an edit of something else', () => {
    const rollback = { from: 'a', spec: spec({ revision: 'before' }) };
    const scaled = desire(spec({ instances: 7 }));
    const [web] = withIntents(scaled, new Map([['web', { ...NO_INTENT, rollback }]]), 1).apps;
    expect(web).toMatchObject({ revision: 'before', instances: 7 });
  });

  it('say what is not as the file asks, and how to go on', () => {
    const rollback = { from: 'a', spec: spec({ revision: 'before' }) };
    const held = 'is held at before by `rollback`; an edit of it or `cluster-up reload web` goes on';
    const stopped = 'is stopped by hand; `cluster-up start web` starts it';
    expect(asIntended({ rollback }).apps[0]?.byHand).toBe(held);
    expect(asIntended({ stopped: true }).apps[0]?.byHand).toBe(stopped);
    expect(asIntended({ stopped: true, rollback }).apps[0]?.byHand).toBe(`${stopped}, and ${held}`);
    expect(asIntended({ reloads: 2 }).apps[0]?.byHand).toBeUndefined();
    const lazy = desire(spec({ autostart: false }));
    expect(withIntents(lazy, new Map(), 0).apps[0]?.byHand).toBeUndefined();
  });

  it('give a revision that failed another chance', () => {
    expect(asIntended({ reloads: 1 }, 1).generation).not.toBe(asIntended({ reloads: 2 }, 2).generation);
  });
});
