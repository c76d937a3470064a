/** Which connections an address gets, and which two cannot be had at a time. */
import { describe, expect, test } from 'vitest';
import { covers, nameOf, overlap } from '../../src/sockets/address.ts';
import type { ListenQuery } from '../../src/model/protocol.ts';

const only = '::, IPv6 only';

/** `null` is no host at all. */
function at(address: string | null, port = 80): ListenQuery {
  const isOnly = address === only;
  const addressType = port < 0 ? -1 : address?.includes(':') === true ? 6 : 4;
  return { address: isOnly ? '::' : address, port, addressType, flags: isOnly ? 1 : 0, index: 0 };
}

describe('two addresses of one port', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['127.0.0.1', '0.0.0.0', true],
    ['127.0.0.1', '::', true],
    ['127.0.0.1', null, true],
    ['127.0.0.1', '::1', false],
    ['127.0.0.1', '::ffff:127.0.0.1', true],
    ['127.0.0.1', '::ffff:7f00:2', false],
    ['127.0.0.1', '::ffff:0.0.0.0', true],
    ['127.0.0.1', only, false],
    ['0.0.0.0', only, false],
    ['0.0.0.0', '::', true],
    ['0.0.0.0', '::1', false],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['::1', only, true],
    ['::1', '', true],
    ['::', only, true],
    [null, '::', true],
    ['fe80::1%lo', 'fe80::1%lo', true],
    ['fe80::1%lo', 'fe80::1%eth0', false],
  ])('%s and %s: in each other’s way is %s', (a, b, isSo) => {
    expect(overlap(at(a), at(b))).toBe(isSo);
    expect(overlap(at(b), at(a))).toBe(isSo);
  });

  test.each([
    ['0.0.0.0', '127.0.0.1', true],
    ['127.0.0.1', '0.0.0.0', false],
    ['::', '127.0.0.1', true],
    ['::', '0.0.0.0', true],
    ['0.0.0.0', '::', false],
    [only, '::', false],
    ['::', only, true],
    [only, '::1', true],
    [only, '127.0.0.1', false],
    [null, '::1', true],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
  ])('%s gets all that %s gets: %s', (wide, narrow, isSo) => expect(covers(at(wide), at(narrow))).toBe(isSo));

  test('ports that the system chooses never meet, nor do different ones', () => {
    expect(overlap(at('127.0.0.1', 0), at('127.0.0.1', 0))).toBe(false);
    expect(overlap(at(null, 80), at(null, 81))).toBe(false);
    expect(covers(at(null, 0), at('127.0.0.1', 0))).toBe(false);
  });

  test('a unix socket is its path', () => {
    expect(overlap(at('/run/a.sock', -1), at('/run/a.sock', -1))).toBe(true);
    expect(overlap(at('/run/a.sock', -1), at('/run/b.sock', -1))).toBe(false);
  });
});

test('names are short where every address is meant', () => {
  expect([null, '::', '0.0.0.0', only].map((address) => nameOf(at(address)))).toEqual(
    Array(4).fill('port 80'),
  );
  expect(nameOf(at('127.0.0.1'))).toBe('port 80 of 127.0.0.1');
  expect(nameOf(at('/run/a.sock', -1))).toBe('unix socket /run/a.sock');
});
