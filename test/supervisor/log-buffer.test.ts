import { describe, expect, it, vi } from 'vitest';
import type { LogLine } from '../../src/model/control.ts';
import { LogBuffer } from '../../src/supervisor/log-buffer.ts';
import type { Launch } from '../../src/workers/handle.ts';

const launch = (name: string, slot = 0): Launch => ({ id: 0, slot, spec: { name } as Launch['spec'] });
const all = (): boolean => true;

describe('the log buffer', () => {
  it('gives the last lines, oldest first', () => {
    const buffer = new LogBuffer();
    buffer.add(launch('api', 1), 'out', ['one', 'two']);
    buffer.add(launch('api', 1), 'err', ['three']);
    expect(buffer.last(2, all).map(({ slot, stream, text }) => ({ slot, stream, text }))).toEqual([
      { slot: 1, stream: 'out', text: 'two' },
      { slot: 1, stream: 'err', text: 'three' },
    ]);
    expect(buffer.last(0, all)).toEqual([]);
  });

  it('keeps the order in which it was written, whatever is done to the clock', () => {
    vi.useFakeTimers({ now: 10_000_000 });
    const buffer = new LogBuffer();
    buffer.add(launch('api'), 'out', ['before']);
    vi.setSystemTime(6_400_000);
    buffer.add(launch('web'), 'out', ['after']);
    vi.useRealTimers();
    expect(buffer.last(2, all).map(({ text }) => text)).toEqual(['before', 'after']);
  });

  it('is bounded in lines and in length, for each app on its own', () => {
    const buffer = new LogBuffer();
    buffer.add(launch('quiet'), 'out', ['still here']);
    for (let i = 0; i < 5000; i++) buffer.add(launch('loud'), 'out', [`line ${i}`]);
    const loud = buffer.last(10_000, ({ app }) => app === 'loud');
    expect(loud.length).toBeLessThanOrEqual(1000);
    expect(loud.length).toBeGreaterThan(500);
    expect(loud.at(-1)?.text).toBe('line 4999');
    for (let i = 0; i < 100; i++) buffer.add(launch('wide'), 'out', ['x'.repeat(64 * 1024)]);
    const wide = buffer.last(10_000, ({ app }) => app === 'wide');
    expect(wide.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(512 * 1024);
    expect(buffer.last(10, ({ app }) => app === 'quiet')).toHaveLength(1);
  });

  it('tells followers until they stop, and forgets apps that are gone', () => {
    const buffer = new LogBuffer();
    const seen: LogLine[] = [];
    const stop = buffer.follow((line) => seen.push(line));
    buffer.add(launch('api'), 'out', ['heard']);
    stop();
    buffer.add(launch('api'), 'out', ['unheard']);
    expect(seen.map(({ text }) => text)).toEqual(['heard']);
    buffer.keepOnly(new Set(['other']));
    expect(buffer.has('api')).toBe(false);
  });
});
