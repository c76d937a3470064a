import { describe, expect, test } from 'vitest';
import { newApp } from '../../src/observe/reduce/reduce-rollout.ts';
import { isAwaited, namesPort } from '../../src/sockets/names-port.ts';
import { spec } from '../plan/build.ts';

test.each([
  [{ PORT: '8080' }, [], true],
  [{ LISTEN: '[80, 8080]' }, [], true],
  [{ URL: 'http://127.0.0.1:8080/' }, [], true],
  [{}, ['--port=8080'], true],
  [{}, ['-p', '8080'], true],
  [{ PORT: '18080', LIMIT: '8080.5', ID: '80801' }, [], false],
])('%j %j names port 8080: %s', (env, args, isNamed) => {
  expect(namesPort(spec({ process: { env, args } }), 8080)).toBe(isNamed);
});

describe('a port that an app in cluster mode leaves for a program', () => {
  const at = (name: string, mode: 'cluster' | 'fork', PORT: string) =>
    spec({ name, process: { mode, env: { PORT } } });
  const program = (port: string, before: 'cluster' | 'fork' = 'cluster') => ({
    ...newApp(at('web', 'fork', port)),
    stable: at('web', before, '8080'),
  });

  /** It had the port, and goes back to it. */
  const returning = { ...newApp(at('api', 'fork', '8081')), stable: at('api', 'cluster', '8080') };

  test.each([
    ['for another one that may come back to it', [returning], ['api'], true],
    ['as it may come back', [program('8081')], ['web'], true],
    ['until it has worked, or has left', [program('8081')], [], false],
    ['not where the program binds it', [program('8080')], ['web'], false],
    ['not where a program had it before', [program('8081', 'fork')], ['web'], false],
    ['for another one that is on its way to it', [newApp(at('api', 'cluster', '8080'))], ['api'], true],
    ['not for one that is at rest', [newApp(at('api', 'cluster', '8080'))], [], false],
    ['not for another program', [newApp(at('api', 'fork', '8080'))], ['api'], false],
  ])('is kept %s', (_, apps, rolling, isKept) => {
    expect(isAwaited('web', 8080, apps, (name) => rolling.includes(name))).toBe(isKept);
  });
});
