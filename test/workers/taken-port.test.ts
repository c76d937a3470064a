/** Which port a program could not have. */
import { expect, test } from 'vitest';
import type { Exit } from '../../src/model/observed.ts';
import { takenPort } from '../../src/workers/taken-port.ts';
import { spec } from '../plan/build.ts';

function exit(line: string, code = 1): Exit {
  return { code, signal: null, stderr: ['starting', line], spawnError: null };
}

const launch = {
  id: 1,
  slot: 2,
  spec: spec({ process: { mode: 'fork', env: { PORT: '3000' }, incrementVar: 'PORT' } }),
};

test.each([
  ['Error: listen EADDRINUSE: address already in use 127.0.0.1:8080', 8080],
  ['Error: listen EADDRINUSE: address already in use :::8080', 8080],
  ['nginx: [emerg] bind() to 0.0.0.0:8080 failed (98: Address already in use)', 8080],
  ['listen tcp :8080: bind: address already in use', 8080],
  // Only its environment says which one: the base and the slot.
  ['OSError: [Errno 98] Address already in use', 3002],
  ['java.net.BindException: Address already in use', 3002],
  ['Error: no such table', null],
])('%s: %s', (line, port) => expect(takenPort(exit(line), launch)).toBe(port));

test('one that ended well has missed nothing', () => {
  expect(takenPort(exit('address already in use :80, so nothing to do', 0), launch)).toBeNull();
});

test('the port of a Node error of which only the end is left, whose lines name it apart', () => {
  const stderr = [
    '    at Server.listen (node:net:2067:7) {',
    "  code: 'EADDRINUSE',",
    "  address: '::',",
    '  port: 8081',
    '}',
  ];
  expect(takenPort({ ...exit(''), stderr }, launch)).toBe(8081);
});
