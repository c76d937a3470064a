/** Dollar signs mean what they mean to PM2, unless the file uses variables. */
import { expect, test } from 'vitest';
import { literal } from '../../../src/config/write/dollars.ts';
import { appsOf, parse, told } from '../helpers.ts';

const OPTIONS = { processEnv: { HOST: 'here' } };

function app(value: string, more = ''): string {
  return JSON.stringify({ apps: [{ script: './server.js', env: { VALUE: value, MORE: more } }] });
}

test.each(['pa$$word', '$$', 'a$b$$c$$$d'])('%s is itself in a file without variables', (value) => {
  expect(told(parse(app(value)))).toEqual([]);
  expect(appsOf(app(value))[0]?.process.env['VALUE']).toBe(value);
});

test.each([
  ['pa$$word', 'pa$word', true],
  ['5$', '5$', false],
  ['$${HOST}', '${HOST}', false],
  ['a$$$$b', 'a$$b', false],
])('beside a variable, %s is %s; told: %s', (value, meant, isTold) => {
  const text = app(value, '${HOST}');
  expect(parse(text, OPTIONS).diagnostics.map(({ code }) => code)).toEqual(isTold ? ['CU1408'] : []);
  expect(appsOf(text, OPTIONS)[0]?.process.env['VALUE']).toBe(meant);
});

test.each(['pa$$word', '${HOST} costs 5$$', '$${'])('what is written is read as it was: %s', (value) => {
  const written = JSON.stringify({ apps: [literal({ script: './server.js', env: { VALUE: value } })] });
  expect(appsOf(written, OPTIONS)[0]?.process.env['VALUE']).toBe(value);
});
