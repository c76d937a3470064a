import { expect, test } from 'vitest';
import { messageType } from '../../src/workers/message-type.ts';

test('what an app calls its messages, in its own words', () => {
  expect(messageType({ type: 'process:msg', data: { token: 'secret' } })).toBe('process:msg');
  expect(messageType({ topic: 'log4js:message', data: '{}' })).toBe('log4js:message');
  expect(messageType({ cmd: 'cache/clear', type: 5 })).toBe('cache/clear');
});

test('nothing else of a message is ever shown', () => {
  for (const message of ['text', 5, null, [], {}, { data: 'secret' }])
    expect(messageType(message)).toBeNull();
  expect(messageType({ type: '\u001b[2J' })).toBeNull();
  expect(messageType({ type: 'the password is hunter2' })).toBeNull();
  expect(messageType({ type: 'x'.repeat(61) })).toBeNull();
  expect(messageType({ type: 'a\nb' })).toBeNull();
});
