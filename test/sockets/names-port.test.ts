import { expect, test } from 'vitest';
import { namesPort } from '../../src/sockets/names-port.ts';
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
