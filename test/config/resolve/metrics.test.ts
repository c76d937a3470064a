/** `metrics` of the file: what it means, and what is said about it. */
import { describe, expect, test } from 'vitest';
import { DISK, fakeFiles, parse, told } from '../helpers.ts';

const APPS = 'apps: [{ name: api, script: server.js, port: 3000 }]';
const withMetrics = (metrics: string, apps = APPS) => parse(`metrics: ${metrics}\n${apps}\n`);

test.each([
  ['true', { port: null, host: '127.0.0.1' }],
  ['{}', { port: null, host: '127.0.0.1' }],
  ['{ port: 9464 }', { port: 9464, host: '127.0.0.1' }],
  ['{ port: "9464", host: "::" }', { port: 9464, host: '::' }],
  ['{ port: 0, host: metrics.example.com }', { port: 0, host: 'metrics.example.com' }],
  ['false', undefined],
  ['', undefined],
])('%s', (written, expected) => {
  const loaded = withMetrics(written);
  expect(loaded.diagnostics).toEqual([]);
  expect(loaded.desired?.metrics).toEqual(expected);
});

describe('what is wrong with it is said on its line', () => {
  test.each([
    ['{ port: 70000 }', '1:18 CU1301 error'],
    ['{ port: 9464, host: "[::1]" }', '1:30 CU1301 error'],
    ['{ port: 9464, host: "http://localhost" }', '1:30 CU1301 error'],
    ['{ port: 9464, host: 300.0.0.1 }', '1:30 CU1301 error'],
    ['{ port: 9464, hots: localhost }', '1:24 CU1203 error'],
    ['yes please', '1:10 CU1301 error'],
    ['{ port: 3000 }', '1:18 CU1508 warning'],
  ])('%s', (written, expected) => {
    expect(told(withMetrics(written))).toEqual([expected]);
  });

  test('a port that an app has as well', () => {
    const { diagnostics } = withMetrics(
      '{ port: 3002 }',
      `${APPS.slice(0, -2)}, instances: 4, increment_var: PORT }]`,
    );
    expect(diagnostics).toMatchObject([
      {
        message: 'Port 3002 is taken by the app `api` as well, on line 2.',
        hint: 'Give `metrics` a port of its own.',
      },
    ]);
  });

  test('a file that is included has no say in it', () => {
    const files = fakeFiles({ ...DISK, '/srv/more.yml': `metrics: true\n${APPS}\n` });
    const loaded = parse('include: more.yml\n', { files });
    expect(loaded.desired?.metrics).toBeUndefined();
    expect(loaded.diagnostics).toMatchObject([{ code: 'CU1513', file: '/srv/more.yml' }]);
  });
});
