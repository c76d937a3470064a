/** Writers of one file: whoever has begun a line ends it, and nobody keeps the others from theirs for long. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Turns, type Writer } from '../../src/logs/turns.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function file({ isBusy = true } = {}) {
  const written: string[] = [];
  const turns = new Turns({
    take: (text) => written.push(text),
    isBusy: () => isBusy,
    served: () => {},
  });
  const writer = (): Writer => {
    const own: Writer = { interrupt: () => turns.offer({ writer: own, text: '\n', whole: true }) };
    return own;
  };
  return { written, turns, writer };
}

test('one that never ends a line makes the others wait once, and then hardly at all', () => {
  const { written, turns, writer } = file();
  const [dots, other] = [writer(), writer()];
  const flood = (ms: number): void => {
    for (let i = 0; i < ms; i += 10) {
      turns.offer({ writer: dots, text: '.', whole: false });
      vi.advanceTimersByTime(10);
    }
  };
  flood(100);
  turns.offer({ writer: other, text: 'first\n', whole: true });
  flood(990);
  expect(written).not.toContain('first\n');
  flood(30);
  expect(written).toContain('first\n');
  turns.offer({ writer: other, text: 'second\n', whole: true });
  flood(60);
  expect(written).toContain('second\n');
  expect(written.join('')).toMatch(/^\.+\nfirst\n\.+\nsecond\n\.+$/);
});

test('one that has ended a line of its own again has as much time as at first', () => {
  const { written, turns, writer } = file();
  const [slow, other] = [writer(), writer()];
  turns.offer({ writer: slow, text: '.', whole: false });
  turns.offer({ writer: other, text: '1\n', whole: true });
  turns.offer({ writer: slow, text: '.', whole: false });
  vi.advanceTimersByTime(1000);
  turns.offer({ writer: slow, text: '.\n', whole: true });
  turns.offer({ writer: slow, text: 'x', whole: false });
  turns.offer({ writer: other, text: '2\n', whole: true });
  turns.offer({ writer: slow, text: 'y', whole: false });
  vi.advanceTimersByTime(900);
  turns.offer({ writer: slow, text: 'z\n', whole: true });
  expect(written.join('')).toBe('..\n1\n.\nxyz\n2\n');
});

test('where the file is what all wait for, a line is not cut', () => {
  const { written, turns, writer } = file();
  const [one, other] = [writer(), writer()];
  turns.offer({ writer: one, text: 'begun', whole: false });
  turns.offer({ writer: other, text: 'x\n', whole: true });
  vi.advanceTimersByTime(60_000);
  expect(written).toEqual(['begun']);
});
