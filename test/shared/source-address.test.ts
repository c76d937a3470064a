/** What of an address may be shown. */
import { expect, test } from 'vitest';
import { isPath, maskAddress, maskAddressIn } from '../../src/shared/source-address.ts';

test.each([
  ['https://user:pa55word@git.example/shop.git', 'https://***@git.example/shop.git'],
  ['https://ghp_0123456789abcdef@git.example/shop.git', 'https://***@git.example/shop.git'],
  ['https://user:p@ss@git.example/shop.git', 'https://***@git.example/shop.git'],
  ['https://git.example/shop.tgz?private_token=abc', 'https://git.example/shop.tgz?***'],
  ['ssh://git:secret@git.example/shop.git', 'ssh://***@git.example/shop.git'],
  ['ssh://git@git.example/shop.git', 'ssh://git@git.example/shop.git'],
  ['git@git.example:shop.git', 'git@git.example:shop.git'],
  ['https://git.example/@scope/shop.git', 'https://git.example/@scope/shop.git'],
  ['file:///srv/shop.git', 'file:///srv/shop.git'],
  ['/srv/a:b@c/shop.git', '/srv/a:b@c/shop.git'],
])('%s', (address, shown) => {
  expect(maskAddress(address)).toBe(shown);
});

test('in what is said about it, whole or in part', () => {
  const address = 'https://user:pa%20ss@git.example/shop.git?key=k3y';
  const said = `fatal: '${address}': user:pa%20ss, pa ss, key=k3y`;
  expect(maskAddressIn(said, address)).toBe("fatal: 'https://***@git.example/shop.git?***': ***, ***, ***");
  expect(maskAddressIn('nothing of it', 'git@git.example:shop.git')).toBe('nothing of it');
});

test.each([
  ['./shop.git', true],
  ['/srv/shop.git', true],
  ['./a:b', true],
  ['git.example:shop.git', false],
  ['https://git.example/shop.git', false],
])('%s is a path: %s', (address, expected) => {
  expect(isPath(address)).toBe(expected);
});
