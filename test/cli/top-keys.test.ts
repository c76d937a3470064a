/** What the keys of `top` do, and that nothing is done without a question. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { press, type Key, type Pressed } from '../../src/cli/top/keys.ts';
import { rowsOf, selectedIndex, type View } from '../../src/cli/top/model.ts';
import { app, busy, state, view, worker } from './top-world.ts';

const { state: three } = busy();

const key = (char: string): Key => ({ name: char.toLowerCase(), sequence: char });
const named = (name: string): Key => ({ name, sequence: `\x1b[${name}` });
const CTRL_C: Key = { name: 'c', sequence: '\x03', ctrl: true };

/** The keys one after the other; what came of the last. */
function type(keys: readonly Key[], from: View = view(), of = three): Pressed {
  return keys.reduce<Pressed>((before, each) => press(each, before.view, of), { view: from, effect: null });
}

describe('selecting', () => {
  test.each([
    [[named('down')], 'api 4'],
    [[key('j'), key('j'), key('k')], 'api 4'],
    [[named('up')], 'api -'],
    // Two workers share a slot while one replaces the other.
    [[key('j'), key('j'), key('j')], 'api 1'],
    [[named('end')], 'python 7'],
    [[key('G'), key('g')], 'api -'],
    [[named('pagedown')], 'python 7'],
  ])('%j', (keys, expected) => {
    const { selected } = type(keys).view;
    expect(`${selected?.app ?? ''} ${selected?.worker?.id ?? '-'}`).toBe(expected);
  });

  test('what has gone is followed by the worker in its slot, its app, or the first row', () => {
    const rows = rowsOf(three);
    const at = (name: string, id: number, slot: number): string => {
      const row = rows[selectedIndex(rows, { app: name, worker: { id, slot } })];
      return `${row?.app.name ?? ''} ${row?.worker?.id ?? '-'}`;
    };
    expect(at('api', 3, 3)).toBe('api 3');
    expect(at('api', 99, 3)).toBe('api 3');
    expect(at('python', 99, 9)).toBe('python -');
    expect(at('nothing', 0, 0)).toBe('api -');
  });

  test('with no apps every key is harmless', () => {
    for (const char of 'rRs+-ljkgGy') {
      const { effect, view: after } = type([key(char)], view(), state({ apps: [] }));
      expect(effect).toBeNull();
      expect(after.question).toBeNull();
    }
  });
});

describe('actions', () => {
  test.each([
    ['r', { op: 'reload', app: 'api' }],
    ['R', { op: 'restart', app: 'api' }],
    ['s', { op: 'stop', app: 'api' }],
    ['+', { op: 'scale', app: 'api', amount: '+1' }],
    ['-', { op: 'scale', app: 'api', amount: '-1' }],
  ])('%s asks, and y does it', (char, action) => {
    const asked = type([key(char)]);
    expect(asked.effect).toBeNull();
    expect(asked.view.question?.action).toEqual(action);
    const { effect, view: after } = type([key('y')], asked.view);
    expect(effect).toEqual({ type: 'act', action });
    expect(after.question).toBeNull();
  });

  test.each(['n', 'q', 'r', ' ', 'j'])('%j is not a yes, and does nothing else either', (char) => {
    const { effect, view: after } = type([key('r'), key(char)]);
    expect(effect).toBeNull();
    expect(after).toEqual(view());
  });

  test('the question says from how many to how many', () => {
    expect(type([key('+')]).view.question?.text).toBe('scale api from 4 to 5, in the file?');
    expect(type([key('-')]).view.question?.text).toBe('scale api from 4 to 3, in the file?');
  });

  test('an app that was stopped is started, and not scaled', () => {
    const stopped = state({ apps: [app({ status: 'stopped', desired: 0, ready: 0, workers: [] })] });
    expect(type([key('s')], view(), stopped).view.question?.action).toEqual({ op: 'start', app: 'api' });
    const scaled = type([key('-')], view(), stopped);
    expect(scaled.view.question).toBeNull();
    expect(scaled.view.notice).toMatchObject({ level: 'bad' });
    expect(type([named('down')], scaled.view, stopped).view.notice).toBeNull();
  });

  test('l shows the log of one app, and of all again', () => {
    expect(type([key('l')]).view.onlySelected).toBe(true);
    expect(type([key('l'), key('l')]).view.onlySelected).toBe(false);
  });
});

describe('leaving', () => {
  test('q quits, Ctrl-C does so even from a question', () => {
    expect(type([key('q')]).effect).toEqual({ type: 'quit' });
    expect(type([CTRL_C]).effect).toEqual({ type: 'quit' });
    expect(type([key('r'), CTRL_C]).effect).toEqual({ type: 'quit' });
  });

  test('no key acts unless the one before it asked', () => {
    const anyKey = fc.record({
      name: fc.option(fc.string({ maxLength: 5 }), { nil: undefined }),
      sequence: fc.option(fc.constantFrom(...Array.from('rRsy+-lqjkn\x1b\x03é')), { nil: undefined }),
      ctrl: fc.boolean(),
    });
    const apps = fc.constantFrom(
      three,
      state(),
      state({ apps: [app({ workers: [worker(), worker({ slot: 1 })] })] }),
    );
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 30 }), apps, (keys, of) => {
        let now = view();
        for (const each of keys) {
          const { view: after, effect } = press(each, now, of);
          if (effect?.type === 'act') expect(effect.action).toEqual(now.question?.action);
          now = after;
        }
      }),
    );
  });
});
