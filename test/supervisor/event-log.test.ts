import { expect, test } from 'vitest';
import type { Line } from '../../src/model/notice.ts';
import { EventLog } from '../../src/supervisor/event-log.ts';

const line = (text: string): Line => ({ level: 'info', text });
const textsOf = (lines: readonly Line[]): string[] => lines.map(({ text }) => text);

test('what is said before anybody listens is held for the first one who asks', () => {
  const events = new EventLog(() => {});
  events.say(line('one'));
  events.listen(() => {});
  events.say(line('two'));
  expect(textsOf(events.takeUnheard())).toEqual(['one']);
  expect(textsOf(events.takeUnheard())).toEqual([]);
});

test('no more is held than the last thousand lines', () => {
  const events = new EventLog(() => {});
  for (let i = 1; i <= 1500; i += 1) events.say(line(String(i)));
  const held = textsOf(events.takeUnheard());
  expect([held.length, held[0], held.at(-1)]).toEqual([1000, '501', '1500']);
  events.say(line('later'));
  expect(events.takeUnheard()).toEqual([]);
});
