/** What /proc/net/unix says of who is bound to a name. */
import { describe, expect, test } from 'vitest';
import { boundNames, isBoundTo } from '../../src/sockets/bound-names.ts';

const TABLE = `Num       RefCount Protocol Flags    Type St Inode Path
000000008e4761f1: 00000003 00000000 00000000 0001 03 36226
00000000ca1742ff: 00000002 00000000 00000000 0001 01    12 /run/app.sock
00000000ca1742f0: 00000002 00000000 00010000 0001 01 140335 /run/with a space.sock
00000000bd524f0b: 00000003 00000000 00000000 0001 03 140339 /run/app.sock
00000000bd524f0c: 00000000 00000000 00000000 0001 02 0 /run/app.sock
00000000bd524f0d: 00000002 00000000 00000000 0002 01 5 /run/datagrams.sock
00000000bd524f0e: 00000002 00000000 00000000 0001 01 6
`;

test('those that are bound: neither connections nor sockets of another type', () => {
  expect(boundNames(TABLE)).toEqual([
    { inode: '12', name: '/run/app.sock', isListening: false },
    { inode: '140335', name: '/run/with a space.sock', isListening: true },
  ]);
  expect(boundNames('')).toEqual([]);
});

describe('whether one is bound to the file app.sock in /run', () => {
  const isFolder = (folder: string) => (folder === '/hidden' ? null : folder === '/run');
  const verdict = (name: string) => isBoundTo('app.sock', { inode: '1', name, isListening: false }, isFolder);

  test('it is', () => expect(verdict('/run/app.sock')).toBe(true));

  test.each(['/elsewhere/app.sock', '/run/other.sock', 'other.sock', '@app.sock'])('%s is not', (name) =>
    expect(verdict(name)).toBe(false),
  );

  test.each(['app.sock', './app.sock', '../x/app.sock', '/proc/self/fd/20/app.sock', '/hidden/app.sock'])(
    '%s may be',
    (name) => expect(verdict(name)).toBeNull(),
  );
});
