import { describe, expect, it } from 'vitest';
import type { AppSpec } from '../../src/model/spec.ts';
import { NO_INTENT, withIntents, type Intent } from '../../src/supervisor/intents.ts';
import { formatKept, keptOf, parseKept, resumed } from '../../src/supervisor/kept-intents.ts';
import { desire, spec } from '../plan/build.ts';

const FILE = '/srv/ecosystem.yml';
const rolledBack = { from: 'a', spec: spec({ revision: 'before', process: { env: { KEY: 'hunter2' } } }) };
const textOf = (intents: Record<string, Partial<Intent>>): string =>
  formatKept(
    FILE,
    keptOf(new Map(Object.entries(intents).map(([app, of]) => [app, { ...NO_INTENT, ...of }]))),
  );
/** What the next supervisor makes of what one has written that died. */
const after = (
  intents: Record<string, Partial<Intent>>,
  ...specs: AppSpec[]
): { said: string[]; apps: readonly AppSpec[] } => {
  const { intents: now, lines } = resumed(parseKept(textOf(intents), FILE), specs);
  return {
    said: lines.map(({ level, text }) => `${level}: ${text}`),
    apps: withIntents(desire(...specs), now, 0).apps,
  };
};

describe('what was asked for by hand of a supervisor that died', () => {
  it('is still stopped, which is said', () => {
    const { said, apps } = after({ web: { stopped: true } }, spec(), spec({ name: 'api' }));
    expect(said).toEqual(['info: web is stopped by hand, as before; `cluster-up start web` starts it']);
    expect(apps.map(({ name, instances }) => [name, instances])).toEqual([
      ['web', 0],
      ['api', 2],
    ]);
    expect(apps[0]?.byHand).toBe('is stopped by hand; `cluster-up start web` starts it');
  });

  it('is still started where it would not start by itself, and nothing is said where it would', () => {
    const lazy = spec({ name: 'lazy', autostart: false });
    const { said, apps } = after({ web: { stopped: false }, lazy: { stopped: false } }, spec(), lazy);
    expect(said).toEqual(['info: lazy is started by hand, as before; `cluster-up stop lazy` stops it']);
    expect(apps.map(({ instances }) => instances)).toEqual([2, 2]);
  });

  it('says nothing of one that does not start by itself, and was stopped', () => {
    const { said, apps } = after({ web: { stopped: true } }, spec({ autostart: false }));
    expect([said, apps[0]?.instances]).toEqual([[], 0]);
  });

  it('is forgotten of apps that the file does not have any more', () => {
    expect(after({ web: { stopped: true }, api: { rollback: rolledBack } }, spec({ name: 'new' }))).toEqual({
      said: [],
      apps: desire(spec({ name: 'new' })).apps,
    });
  });

  it('was held by a rollback: it says that it is not, while the file asks for the same revision', () => {
    const { said, apps } = after({ web: { rollback: rolledBack } }, spec());
    const held = 'bad: web was held at before by `rollback`; the supervisor died, so it';
    expect(said).toEqual([`${held} runs what the file asks for`]);
    expect(apps).toEqual(desire(spec()).apps);
    expect(after({ web: { rollback: rolledBack } }, spec({ revision: 'b' })).said).toEqual([]);
    const both = after({ web: { rollback: rolledBack, stopped: true } }, spec());
    expect(both.said[1]).toBe(`${held} would run what the file asks for`);
    expect(both.apps[0]?.instances).toBe(0);
  });

  it('names revisions, and no value of an environment', () => {
    expect(JSON.parse(textOf({ web: { rollback: rolledBack, reloads: 3 }, api: { reloads: 1 } }))).toEqual({
      format: 1,
      file: FILE,
      apps: { web: { rollback: { from: 'a', to: 'before' } } },
    });
  });
});

describe('a text that is', () => {
  const good = textOf({ web: { stopped: true } });
  it.each([
    ['cut off', good.slice(0, -9), 'it is broken'],
    ['empty', '', 'it is broken'],
    ['no object', 'null', 'it is none of cluster-up'],
    ['another object', '{"apps":7}', 'it is none of cluster-up'],
    ['of a later version', good.replace('"format":1', '"format":2'), 'another version of cluster-up has'],
    ['about another file', good.replace('/srv', '/opt'), 'it is about another ecosystem file'],
  ])('%s is refused', (_what, text, reason) => {
    expect(() => parseKept(text, FILE)).toThrow(reason);
  });

  it('odd within is taken for what can be read of it', () => {
    const apps = {
      web: { stopped: 'yes', rollback: { from: 'a', to: '\u001b[31m' } },
      api: { stopped: true, more: 1 },
      __proto__: null,
      job: null,
    };
    const kept = parseKept(JSON.stringify({ format: 1, file: FILE, apps }), FILE);
    expect([...kept]).toEqual([
      ['web', {}],
      ['api', { stopped: true }],
      ['job', {}],
    ]);
  });
});
