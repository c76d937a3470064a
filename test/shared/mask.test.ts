import { expect, test } from 'vitest';
import { maskLines } from '../../src/shared/mask.ts';

test('values that look secret are taken out, others stay', () => {
  const env = { DB_PASSWORD: 'hunter22', URL: 'postgres://me:hunter22@db/x', PORT: '8080', EMPTY_TOKEN: '' };
  expect(maskLines(['no login with hunter22 on 8080', 'at postgres://me:hunter22@db/x'], env)).toEqual([
    'no login with *** on 8080',
    'at postgres://me:***@db/x',
  ]);
});
