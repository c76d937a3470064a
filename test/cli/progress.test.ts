import { describe, expect, it, vi } from 'vitest';
import { Footer, progressLines, type AppProgress } from '../../src/cli/progress.ts';
import { styleFor } from '../../src/cli/style.ts';

const app = (more: Partial<AppProgress>): AppProgress => ({
  name: 'api',
  status: 'rolling',
  updated: 1,
  total: 4,
  leaving: 0,
  canary: '',
  ...more,
});

describe('progress', () => {
  it('has a line for each app that is on its way, and none for the others', () => {
    const apps = [
      app({}),
      app({ name: 'done', updated: 4 }),
      app({ name: 'jobs', updated: 2, total: 2, leaving: 1 }),
      app({ name: 'web', canary: ', canary 1 of 4, goes on in 25 s' }),
    ];
    expect(progressLines(apps, 80, styleFor(false))).toMatchInlineSnapshot(`
      [
        "api  █████░░░░░░░░░░░░░░░ 1/4 rolling",
        "jobs ████████████████████ 2/2 rolling, 1 leaving",
        "web  █████░░░░░░░░░░░░░░░ 1/4 rolling, canary 1 of 4, goes on in 25 s",
      ]
    `);
  });

  it('is never wider than the terminal', () => {
    const lines = progressLines([app({ name: 'x'.repeat(100) })], 40, styleFor(false));
    expect(lines.map(({ length }) => length < 40)).toEqual([true]);
  });
});

describe('the footer', () => {
  it('stays below what is printed, and goes when there is nothing to show', () => {
    vi.useFakeTimers();
    let lines: string[] = [];
    let terminal = '';
    const footer = new Footer(
      () => lines,
      (text) => (terminal += text),
    );
    const printed = (text: string): string => {
      terminal = '';
      footer.around(() => (terminal += text));
      return terminal;
    };
    expect(printed('one\n')).toBe('one\n');
    lines = ['0/2', '1/2'];
    expect(printed('two\n')).toBe('two\n0/2\n1/2\n');
    expect(printed('three\n')).toBe('\x1b[2F\x1b[Jthree\n0/2\n1/2\n');
    terminal = '';
    vi.advanceTimersByTime(1000);
    expect(terminal).toBe('');
    lines = [];
    vi.advanceTimersByTime(1000);
    expect(terminal).toBe('\x1b[2F\x1b[J');
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});
