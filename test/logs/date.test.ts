import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatDate } from '../../src/logs/date.ts';

const zone = process.env['TZ'];
beforeEach(() => void (process.env['TZ'] = 'America/St_Johns'));
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

test.each([
  ['YYYY-MM-DD HH:mm:ss', '2026-02-03 14:05:06'],
  ['YYYY-MM-DDTHH:mm:ss.SSSZ', '2026-02-03T14:05:06.007-03:30'],
  ['DD/MM/YY h:m:s A ZZ', '03/02/26 2:5:6 PM -0330'],
  ['dddd D MMMM, ddd MMM M H hh a', 'Tuesday 3 February, Tue Feb 2 14 02 pm'],
  ['[YYYY is] YYYY [] x', 'YYYY is 2026  x'],
])('%s is %s', (format, expected) => {
  expect(formatDate(Date.UTC(2026, 1, 3, 17, 35, 6, 7), format)).toBe(expected);
});
