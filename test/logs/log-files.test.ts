/** The sink of log files, on a disk in memory. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LogFiles } from '../../src/logs/log-files.ts';
import type { LogRotation } from '../../src/model/logging.ts';
import type { Launch } from '../../src/workers/handle.ts';
import { spec, type AppOptions } from '../plan/build.ts';
import { FakeDisk } from './fake-disk.ts';

const OUT = '/log/out.log';
const ROTATION: LogRotation = { maxSize: 20, maxAge: null, keep: 3, compress: false };

let disk: FakeDisk;
let said: string[];
let sink: LogFiles;
/** How far the wall clock is behind the time that has passed, in ms. */
let setBack = 0;

beforeEach(() => {
  setBack = 0;
  disk = new FakeDisk();
  said = [];
  sink = new LogFiles({
    disk,
    now: () => disk.now,
    clock: () => disk.now + setBack,
    delay: () => Promise.resolve(),
    say: ({ level, text }) => said.push(`${level}: ${text.split('\n')[0] ?? ''}`),
  });
});
afterEach(() => vi.useRealTimers());

const app = (logs: AppOptions['logs'] = {}, more: AppOptions = {}) =>
  spec({ instances: 1, logs: { out: OUT, ...logs }, ...more });

const launch = (slot = 0, id = slot, name = 'web'): Launch => ({ id, slot, spec: spec({ name }) });
const [one, two] = [launch(0, 0), launch(1, 1)];

/** All that has been written is on the disk, and every file is closed. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}

function rotated(): string[] {
  return [...disk.files.keys()].filter((file) => file !== OUT).sort();
}

describe('where a line goes', () => {
  test.each([
    ['one instance', {}, 1, [OUT]],
    ['several instances', {}, 2, ['/log/out-0.log', '/log/out-1.log']],
    ['several instances, merged', { merge: true }, 2, [OUT]],
    ['no file', { out: null }, 2, []],
    ['disabled', { disabled: true }, 2, []],
    ['one file for everything', { out: OUT, err: OUT, all: OUT }, 1, [OUT]],
    [
      'both streams',
      { err: '/log/err', all: '/log/all.log' },
      2,
      ['/log/all-0.log', '/log/all-1.log', '/log/err-0', '/log/out-0.log', '/log/out-1.log'],
    ],
  ])('%s', async (_what, logs, instances, files) => {
    sink.apply([app(logs, { instances })]);
    sink.write(one, 'out', ['a', 'b'], false);
    sink.write(one, 'err', ['c'], false);
    if (instances > 1) sink.write(two, 'out', ['d'], false);
    await settle();
    expect([...disk.files.keys()].sort()).toEqual(files);
    for (const file of files) expect(disk.text(file).split('\n').length, file).toBeLessThanOrEqual(4);
  });

  test('a change takes effect with the next line, and closes what is not meant any more', async () => {
    sink.apply([app()]);
    sink.write(one, 'out', ['old'], false);
    await settle();
    sink.apply([app({ out: '/log/new.log' })]);
    await settle();
    expect(disk.opened).toBe(0);
    sink.write(one, 'out', ['new'], false);
    await settle();
    expect([disk.text(OUT), disk.text('/log/new.log'), disk.opened]).toEqual(['old\n', 'new\n', 1]);
  });

  test('a line that has begun ends where it began', async () => {
    sink.apply([app()]);
    sink.write(one, 'out', ['a', 'beg'], true);
    sink.apply([app({ out: '/log/new.log' })]);
    sink.write(one, 'out', ['un', 'b'], false);
    await settle();
    expect([disk.text(OUT), disk.text('/log/new.log')]).toEqual(['a\nbegun\n', 'b\n']);
  });

  test('an app that left the file goes on until its last worker has ended', async () => {
    sink.apply([app()]);
    sink.write(one, 'out', ['a'], false);
    sink.apply([]);
    sink.write(one, 'out', ['b'], false);
    sink.ended(one, 'out');
    await settle();
    expect([disk.text(OUT), disk.opened]).toEqual(['a\nb\n', 0]);
  });
});

describe('what a line looks like', () => {
  test('with the time', async () => {
    sink.apply([app({ dateFormat: '[at] YYYY HH' })]);
    const hour = String(new Date(disk.now).getHours()).padStart(2, '0');
    sink.write(one, 'out', ['a', 'b'], true);
    sink.write(one, 'out', ['c', ''], false);
    await settle();
    expect(disk.text(OUT)).toBe(`at 2026 ${hour}: a\nat 2026 ${hour}: bc\nat 2026 ${hour}: \n`);
  });

  test('as JSON, also in pieces', async () => {
    sink.apply([app({ json: true })]);
    sink.write(one, 'out', ['say "é"\t', 'pie'], true);
    sink.write(one, 'out', ['"ce"'], false);
    await settle();
    const rest = {
      timestamp: '2026-01-31T18:00:00.000Z',
      type: 'out',
      process_id: 0,
      app_name: 'web',
      slot: 0,
    };
    const lines = disk.text(OUT).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { message: 'say "é"\t', ...rest },
      { message: 'pie"ce"', ...rest },
    ]);
  });
});

describe('rotation', () => {
  test('by size: between two lines, never above the limit, keeping so many', async () => {
    sink.apply([app({ rotation: ROTATION })]);
    for (let i = 10; i < 60; i++) sink.write(one, 'out', [`line ${i}`], false);
    await settle();
    const texts = [...rotated(), OUT].map((file) => disk.text(file));
    expect(texts).toEqual([
      'line 52\nline 53\n',
      'line 54\nline 55\n',
      'line 56\nline 57\n',
      'line 58\nline 59\n',
    ]);
  });

  test('loses and tears nothing, whatever the pieces and however little the disk takes', async () => {
    disk.gulp = 7;
    sink.apply([app({ rotation: { ...ROTATION, keep: 10_000 } })]);
    const lines = Array.from({ length: 300 }, (_, i) => `${i}${'é'.repeat((i * 7) % 23)}`);
    for (const line of lines) {
      const cut = line.length >> 1;
      if (line.length % 3 > 0) sink.write(one, 'out', [line], false);
      else {
        sink.write(one, 'out', [line.slice(0, cut)], true);
        await Promise.resolve();
        sink.write(one, 'out', [line.slice(cut)], false);
      }
    }
    await settle();
    const texts = [...rotated(), OUT].map((file) => disk.text(file));
    expect(texts.join('')).toBe(`${lines.join('\n')}\n`);
    for (const text of texts) {
      expect(text.endsWith('\n')).toBe(true);
      if (text.indexOf('\n') < text.length - 1) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(20);
    }
  });

  test('by age, before the next line', async () => {
    sink.apply([app({ rotation: { ...ROTATION, maxSize: 1000, maxAge: 60_000 } })]);
    sink.write(one, 'out', ['a'], false);
    await settle();
    disk.now += 59_999;
    sink.write(one, 'out', ['b'], false);
    await settle();
    expect(rotated()).toEqual([]);
    disk.now += 1;
    sink.write(one, 'out', ['c'], false);
    await settle();
    expect(rotated()).toEqual([`${OUT}.20260131T180100000Z`]);
    expect([disk.text(`${OUT}.20260131T180100000Z`), disk.text(OUT)]).toEqual(['a\nb\n', 'c\n']);
  });

  test('compresses what it keeps, and leaves files of others alone', async () => {
    const others = [`${OUT}.bak`, `${OUT}.2026`, '/log/out-0.log', `${OUT}.20260131T180000000Z.txt`];
    for (const file of others) disk.files.set(file, { bytes: Buffer.from('x'), born: 1, inode: 99 });
    sink.apply([app({ rotation: { ...ROTATION, keep: 1, compress: true } })]);
    for (const text of ['a', 'b', 'c']) sink.write(one, 'out', [text.repeat(19)], false);
    await settle();
    expect(rotated().filter((file) => !others.includes(file))).toEqual([`${OUT}.20260131T180000001Z.gz`]);
    expect(disk.text(`${OUT}.20260131T180000001Z.gz`)).toBe(`gzip:${'b'.repeat(19)}\n`);
    expect(rotated()).toEqual(expect.arrayContaining(others));
  });

  test('a file that cannot be rotated grows on, and that is told once', async () => {
    disk.brokenRename = 'EPERM';
    sink.apply([app({ rotation: ROTATION })]);
    for (let i = 0; i < 20; i++) {
      sink.write(one, 'out', ['0123456789'], false);
      await settle();
    }
    expect(disk.text(OUT).length).toBe(220);
    expect(said).toEqual([`bad: ${OUT} cannot be rotated and grows on: it does not work (EPERM)`]);
    disk.brokenRename = null;
    disk.now += 60_000;
    sink.write(one, 'out', ['later'], false);
    await settle();
    expect([disk.text(OUT), rotated().length]).toEqual(['later\n', 1]);
  });

  test('one that was moved away or cut short by others is not rotated again', async () => {
    sink.apply([app({ rotation: ROTATION })]);
    sink.write(one, 'out', ['0123456789012345678'], false);
    await settle();
    disk.files.delete(OUT);
    sink.write(one, 'out', ['a'], false);
    await settle();
    expect([disk.text(OUT), rotated()]).toEqual(['a\n', []]);
    sink.write(one, 'out', ['0123456789012345'], false);
    await settle();
    const entry = disk.files.get(OUT);
    if (entry !== undefined) entry.bytes = Buffer.alloc(0);
    sink.write(one, 'out', ['fits'], false);
    await settle();
    expect([disk.text(OUT), rotated()]).toEqual(['fits\n', []]);
  });
});

test('reopening waits for the end of a line that has begun', async () => {
  sink.apply([app()]);
  sink.write(one, 'out', ['a', 'beg'], true);
  await settle();
  disk.files.set('/log/moved', disk.files.get(OUT) ?? { bytes: Buffer.alloc(0), born: 0, inode: 0 });
  disk.files.delete(OUT);
  expect(await sink.reopen()).toBe(1);
  sink.write(one, 'out', ['un'], false);
  await settle();
  sink.write(one, 'out', ['b'], false);
  await settle();
  expect([disk.text('/log/moved'), disk.text(OUT)]).toEqual(['a\nbegun\n', 'b\n']);
});

describe('several writers of one file', () => {
  beforeEach(() => sink.apply([app({ merge: true }, { instances: 2 })]));

  test('a long line is not torn by the others, who wait', async () => {
    sink.write(one, 'out', ['<begin'], true);
    expect(sink.write(two, 'out', ['other'], false)).toBe(false);
    const resume = vi.fn();
    sink.whenWritable(resume, two, 'out');
    sink.write(one, 'out', ['-middle-'], true);
    expect(resume).not.toHaveBeenCalled();
    sink.write(one, 'out', ['end>', 'next'], false);
    expect(resume).toHaveBeenCalledOnce();
    await settle();
    expect(disk.text(OUT)).toBe('<begin-middle-end>\nother\nnext\n');
  });

  test('one that stays silent in the middle of a line is not waited for', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    sink.write(one, 'out', ['prompt? '], true);
    sink.write(two, 'out', ['oth'], true);
    await settle();
    vi.advanceTimersByTime(1000);
    sink.write(two, 'out', ['er'], false);
    sink.write(one, 'out', ['answer'], false);
    await settle();
    expect(disk.text(OUT)).toBe('prompt? \nother\nanswer\n');
  });

  test('one that ends in the middle of a line ends it', async () => {
    sink.write(one, 'out', ['half'], true);
    sink.write(two, 'out', ['a'], false);
    sink.ended(one, 'out');
    await settle();
    expect(disk.text(OUT)).toBe('half\na\n');
  });
});

test('a slow disk makes the writer wait', async () => {
  sink.apply([app()]);
  let go = (): void => {};
  disk.stalled = new Promise((resolve) => (go = resolve));
  const line = 'x'.repeat(64 * 1024 - 1);
  const free = Array.from({ length: 5 }, () => sink.write(one, 'out', [line], false));
  expect(free).toEqual([true, true, true, true, false]);
  const resume = vi.fn();
  sink.whenWritable(resume, one, 'out');
  await settle();
  expect(resume).not.toHaveBeenCalled();
  go();
  await settle();
  expect(resume).toHaveBeenCalledOnce();
  expect(disk.text(OUT).length).toBe(5 * 64 * 1024);
});

describe('a file that cannot be written', () => {
  test('is told once, costs its lines alone, and is told once when it works again', async () => {
    sink.apply([app()]);
    sink.write(one, 'out', ['first'], false);
    await settle();
    disk.broken = 'ENOSPC';
    for (let i = 0; i < 5; i++) {
      expect(sink.write(one, 'out', ['lost', 'lost too'], false)).toBe(true);
      await settle();
      disk.now += 900;
    }
    expect(sink.state('web')).toEqual([{ path: OUT, failing: 'it does not work (ENOSPC)', lost: 10 }]);
    disk.broken = null;
    disk.now += 2000;
    sink.write(one, 'out', ['back'], false);
    await settle();
    expect(disk.text(OUT)).toBe('first\nback\n');
    expect(said).toEqual([
      `bad: ${OUT} cannot be written: it does not work (ENOSPC)`,
      `good: ${OUT} is written again; 10 lines lost`,
    ]);
  });

  test('is tried again as soon as ever, also where the clock is set back', async () => {
    sink.apply([app()]);
    disk.broken = 'ENOSPC';
    sink.write(one, 'out', ['lost'], false);
    await settle();
    disk.broken = null;
    disk.now -= 3_600_000;
    setBack = 3_602_000;
    sink.write(one, 'out', ['back'], false);
    await settle();
    expect(disk.text(OUT)).toBe('back\n');
  });

  test('a line that was cut off does not run into the next one', async () => {
    sink.apply([app()]);
    disk.gulp = 3;
    sink.write(one, 'out', ['torn'], false);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    while (disk.text(OUT) === '') await Promise.resolve();
    disk.broken = 'EIO';
    await settle();
    disk.broken = null;
    disk.now += 2000;
    sink.write(one, 'out', ['whole'], false);
    await settle();
    expect(disk.text(OUT)).toBe('tor\nwhole\n');
    expect(said.at(-1)).toContain('; 1 line lost');
  });

  test('what stays lost is told at the end', async () => {
    disk.broken = 'EACCES';
    sink.apply([app()]);
    sink.write(one, 'out', ['a', 'b'], false);
    sink.ended(one, 'out');
    await sink.end();
    expect(said.at(-1)).toBe(`bad: ${OUT}: 2 lines lost`);
  });
});
