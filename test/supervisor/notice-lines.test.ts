import { describe, expect, test } from 'vitest';
import type { Notice } from '../../src/model/notice.ts';
import type { ObservedApp } from '../../src/model/observed.ts';
import { NoticeLines } from '../../src/supervisor/notice-lines.ts';
import { spec } from '../plan/build.ts';

interface Scene {
  readonly of: NoticeLines;
  readonly say: (notice: Notice, apps?: readonly ObservedApp[]) => string[];
  rejection: string | null;
}

function scene(): Scene {
  const of = new NoticeLines({
    clock: () => 0,
    lastWords: () => [],
    rejection: () => here.rejection,
    addressesOf: () => ['[::]:80'],
  });
  const here: Scene = {
    of,
    say: (notice, apps = []) => of.of(notice, { apps }).map(({ text }) => text),
    rejection: null,
  };
  return here;
}

function lines(): Scene['say'] {
  return scene().say;
}

const sent = (app: string, slot: number, what: string | null): Notice => ({
  type: 'unheard',
  app,
  slot,
  what,
});

test('messages that nobody hears are spoken of once per app, until it has gone', () => {
  const say = lines();
  expect(say(sent('web', 1, 'process:msg'))).toEqual([
    'web:1 sends messages to its parent process ("process:msg"), and nobody hears them: ' +
      'what every worker is to know goes through a store that all of them reach (docs/pm2.md)',
  ]);
  expect(say(sent('web', 0, 'other'))).toEqual([]);
  expect(say(sent('api', 0, null))[0]).toMatch(/^api:0 sends messages to its parent process, and nobody/);
  say({ type: 'step', step: { kind: 'remove', app: 'web', cause: 'gone' }, slot: null, pid: null });
  expect(say(sent('web', 0, 'other'))).toHaveLength(1);
});

test('log4js is told to write for itself', () => {
  expect(lines()(sent('web', 0, 'log4js:message'))[0]).toMatch(
    /set disableClustering: true in log4js\.configure/,
  );
});

describe('once nothing is under way', () => {
  const web = {
    name: 'web',
    spec: spec({ name: 'web', revision: 'a' }),
    workers: [],
  } as unknown as ObservedApp;
  const step: Notice = {
    type: 'step',
    step: { kind: 'complete', app: 'web', cause: '', revision: 'a' },
    slot: null,
    pid: null,
  };

  test('says how long it took, and what runs where', () => {
    const { of, say } = scene();
    of.begin();
    say(step, [web]);
    expect(say({ type: 'converged' }, [web])).toEqual([
      'converged in 0 ms',
      '  web  cluster  0 workers  revision a  on [::]:80',
    ]);
  });

  test('an edit that changes nothing took no time', () => {
    const { of, say } = scene();
    say(step, [web]);
    of.begin();
    expect(say({ type: 'converged' }, [web])).toEqual(['converged: nothing to change']);
  });

  test('is not called converged where the file as it is now was rejected', () => {
    const here = scene();
    here.say(step, [web]);
    here.rejection = 'apps.yml was rejected: 3:1 CU1101 no';
    expect(here.say({ type: 'converged' }, [web]).slice(0, 2)).toEqual([
      'done in 0 ms, but not all is as the file asks:',
      '  apps.yml was rejected: 3:1 CU1101 no',
    ]);
  });
});
