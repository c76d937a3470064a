import { expect, test } from 'vitest';
import { refusalOf } from '../../../src/supervisor/metrics/visitor.ts';

const ask = (host: string | undefined, origin?: string): string | null =>
  refusalOf({ host, origin }, '0.0.0.0', 'web1');

test.each([
  '127.0.0.1:9464',
  '10.0.0.7',
  '[::1]:9464',
  'localhost:9464',
  'LOCALHOST',
  'app.localhost',
  'web1:9464',
  'api',
  'app.shop.svc.cluster.local:9464',
  'host.docker.internal.',
])('a name or address of this network is answered: %s', (host) => {
  expect(ask(host)).toBeNull();
});

test.each([
  'evil.example',
  'evil.example:9464',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '',
  'internal.evil.com:9464',
  'a b',
])('a name that anybody can have is refused: %s', (host) => {
  expect(ask(host)).toMatch(/metrics\.host/);
});

test('no Host at all is refused', () => {
  expect(ask(undefined)).toMatch(/metrics\.host/);
});

test('the configured name is answered, whatever it is', () => {
  expect(refusalOf({ host: 'metrics.shop.example:80' }, 'metrics.shop.example')).toBeNull();
});

test('a page of another site is refused, one of its own is not', () => {
  expect(ask('127.0.0.1:9464', 'https://evil.example')).toBe('Not for pages of other sites.');
  expect(ask('127.0.0.1:9464', 'http://127.0.0.1:8080')).toBe('Not for pages of other sites.');
  expect(ask('127.0.0.1:9464', 'null')).toBe('Not for pages of other sites.');
  expect(ask('127.0.0.1:9464', 'http://127.0.0.1:9464')).toBeNull();
});
