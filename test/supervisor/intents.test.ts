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

  it('hold a rollback and a restart only as long as the file stays the same', () => {
    const old = spec({ revision: 'before' });
    const asked = { what: 'rollback', generation } as const;
    expect(asIntended({ asked, rollback: { generation, spec: old } }).apps[0]).toMatchObject({
      revision: 'before',
      process: { env: { VERSION: 'before' } },
      instances: 3,
    });
    const [later] = asIntended({
      asked: { what: 'restart', generation: 'older' },
      rollback: { generation: 'older', spec: old },
    }).apps;
    expect(later).toMatchObject({ revision: 'a', rollout: file.apps[0]?.rollout, because: {} });
  });

  it('give a revision that failed another chance', () => {
    expect(asIntended({ reloads: 1 }, 1).generation).not.toBe(asIntended({ reloads: 2 }, 2).generation);
  });
});
