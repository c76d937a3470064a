/** What `top` shows. The frames are files, to be looked at. */
/* eslint-disable no-control-regex -- escape sequences are what this is about */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { styleFor } from '../../src/cli/style.ts';
import { render, type Size } from '../../src/cli/top/render.ts';
import { widthOf } from '../../src/cli/top/cell-text.ts';
import { app, busy, line, state, view, worker } from './top-world.ts';
import { runs } from '../runs.ts';

const plain = styleFor(false);
const colored = styleFor(true);
const AT_80: Size = { columns: 80, rows: 24 };

const frame = (lines: readonly string[]): string => `${lines.map((text) => text.trimEnd()).join('\n')}\n`;
const plainText = (model = busy(), size = AT_80): string => render(model, size, plain).join('\n');

describe('frames', () => {
  test.each([
    { columns: 80, rows: 24 },
    { columns: 120, rows: 40 },
    { columns: 40, rows: 10 },
  ])('$columns×$rows', async (size) => {
    const lines = render(busy(), size, plain);
    await expect(frame(lines)).toMatchFileSnapshot(`top-frames/${size.columns}x${size.rows}.txt`);
  });

  test('a question takes the place of the help', async () => {
    const question = {
      text: 'reload api, one worker after the other?',
      action: { op: 'reload', app: 'api' },
    } as const;
    const model = busy({
      view: view({ question, onlySelected: true, selected: { app: 'api', worker: { id: 2, slot: 2 } } }),
    });
    await expect(frame(render(model, AT_80, plain))).toMatchFileSnapshot('top-frames/question.txt');
  });

  test('colours do not change what is written', () => {
    const bare = render(busy(), AT_80, colored).map((text) => text.replace(/\x1b\[\d+m/g, ''));
    expect(bare).toEqual(render(busy(), AT_80, plain));
  });
});

describe('what it says', () => {
  test('all is well', () => {
    const lines = render(busy({ state: state() }), AT_80, plain);
    expect(lines[0]).toMatch(
      /^ecosystem\.yml {2}converged +supervisor pid 4242 {2}cpu 1% {2}61\.3 MB {2}up 2h$/,
    );
    expect(lines.join('\n')).not.toContain('rejected');
  });

  test('a supervisor that does not answer', () => {
    expect(plainText(busy({ silentMs: 12_000 }))).toContain('no answer for 12s');
    expect(plainText(busy({ silentMs: 2000 }))).not.toContain('no answer');
  });

  test('why the selected app is not as it should be', () => {
    const model = busy({ view: view({ selected: { app: 'mailer-with-a-long-name', worker: null } }) });
    const text = plainText(model, { columns: 120, rows: 24 });
    expect(text).toContain('revision ffffffff failed: it exited with code 1 before it listened');
  });

  test('of a blocked worker, how long it has been so at least', () => {
    const row = (start: string): string =>
      render(busy(), AT_80, plain).find((text) => text.startsWith(start)) ?? '';
    expect(row('    :3')).toContain('>1.6s');
    expect(row('> api')).toContain('>1.6s');
  });

  test('the selected row is always on the screen', () => {
    const workers = Array.from({ length: 64 }, (_, slot) => worker({ id: slot, slot }));
    for (const slot of [0, 5, 31, 63]) {
      const model = busy({
        state: state({ apps: [app({ workers })] }),
        view: view({ selected: { app: 'api', worker: { id: slot, slot } } }),
      });
      for (const size of [AT_80, { columns: 40, rows: 10 }]) {
        expect(render(model, size, plain).filter((text) => text.startsWith('>'))).toEqual([
          expect.stringMatching(new RegExp(`^> {3}:${slot} `)),
        ]);
      }
    }
  });

  test('an empty ecosystem', () => {
    expect(plainText(busy({ state: state({ apps: [] }), metrics: {}, logs: [] }))).toContain('no apps');
  });
});

describe('whatever is written', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 120 }),
    fc.constantFrom(
      '\x1b[2J\x1b]0;title\x07',
      '\x9b31m',
      'a\rb\x08c\tt',
      '\u202eabc',
      '日本語'.repeat(30),
      '👩‍👩‍👧 ❤️ 🇩🇪',
      'e\u0301',
      '\ud800',
    ),
  );
  const size = fc.record({
    columns: fc.integer({ min: 0, max: 200 }),
    rows: fc.integer({ min: 0, max: 60 }),
  });

  test('it fits the screen, and no control character gets there', () => {
    fc.assert(
      fc.property(size, fc.array(nasty, { minLength: 4, maxLength: 4 }), fc.boolean(), (at, texts, asks) => {
        const [name = '', text = '', reason = '', error = ''] = texts;
        const action = { op: 'reload', app: name } as const;
        const model = busy({
          state: state({
            ecosystem: `/srv/${error}`,
            config: { state: 'rejected', error },
            apps: [app({ name, version: text, workers: [worker({ reason })] }), ...busy().state.apps],
          }),
          logs: [line(name, text), line('api', reason, 'err')],
          view: view({ question: asks ? { text: error, action } : null, notice: { level: 'bad', text } }),
        });
        const lines = render(model, at, plain);
        expect(lines).toHaveLength(at.rows);
        for (const each of lines) {
          expect(widthOf(each)).toBeLessThanOrEqual(at.columns);
          expect(each).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        }
        for (const each of render(model, at, colored))
          expect(each.replace(/\x1b\[\d+m/g, '')).not.toMatch(/\p{C}/u);
      }),
      { numRuns: runs(100, 500) },
    );
  });
});
