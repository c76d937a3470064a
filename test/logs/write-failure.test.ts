/** A log file that cannot be written: what is said of it, how often, and when it is tried again. */
import { expect, test } from 'vitest';
import { WriteFailure } from '../../src/logs/write-failure.ts';

function failure() {
  const said: string[] = [];
  const clock = { now: 5000 };
  const made = new WriteFailure('/a.log', {
    clock: () => clock.now,
    say: ({ level, text }) => said.push(`${level}: ${text.split('\n')[0] ?? ''}`),
  });
  return { made, said, clock };
}

test('its begin and its end are told once, however often it is tried in between', () => {
  const { made, said } = failure();
  made.over();
  made.came('disk full', true);
  made.lose(2);
  made.came('read-only', true);
  made.lose(1);
  expect([made.reason, made.lost]).toEqual(['read-only', 3]);
  made.over();
  made.over();
  expect(said).toEqual([
    'bad: /a.log cannot be written: disk full',
    'good: /a.log is written again; 3 lines lost',
  ]);
  expect([made.reason, made.lost]).toEqual([null, 0]);
});

test('it is tried again after 2 s, counted from the last failure', () => {
  const { made, clock } = failure();
  expect(made.isFresh).toBe(false);
  made.came('disk full', true);
  clock.now += 1999;
  expect(made.isFresh).toBe(true);
  clock.now += 1;
  expect(made.isFresh).toBe(false);
  made.came('disk full', true);
  expect(made.isFresh).toBe(true);
});

test('what is lost for good is told, once, and not what was told before', () => {
  const { made, said } = failure();
  made.came('disk full', false);
  made.lose(1);
  made.tellLost();
  made.tellLost();
  made.over();
  expect(said).toEqual(['bad: /a.log: 1 line lost', 'good: /a.log is written again; 0 lines lost']);
});
