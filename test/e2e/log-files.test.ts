/** What workers write is in the files that their apps name: all of it, once, in whole lines. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { markedEnv, memoryPeak } from './support/processes.ts';
import { cli, node } from './support/runtimes.ts';
import { scene, type Scene } from './support/scene.ts';
import { run, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

const umask = Number.parseInt(execFileSync('sh', ['-c', 'umask'], { encoding: 'utf8' }), 8);

const only = (...apps: string[]) => ({ flags: ['--only', apps.join(',')] });

/** The lines of a log file and of all its rotated ones, the oldest first. */
function linesOf(file: string): string[] {
  return textOf(file).split('\n').slice(0, -1);
}

function textOf(file: string): string {
  const folder = path.dirname(file);
  if (!existsSync(folder)) return '';
  const rotated = readdirSync(folder).filter((name) => name.startsWith(`${path.basename(file)}.2`));
  const whole = rotated.filter((name) => !name.endsWith('.part'));
  const read = (name: string): string => {
    const bytes = readFileSync(path.join(folder, name));
    return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  };
  const old = whole.filter((name) => !name.endsWith('.gz') || !whole.includes(name.slice(0, -3)));
  return old.sort().map(read).join('') + (existsSync(file) ? readFileSync(file, 'utf8') : '');
}

function rotations(file: string): number {
  return readdirSync(path.dirname(file)).filter((name) => name.startsWith(`${path.basename(file)}.2`)).length;
}

const pidOf = async (file: string): Promise<number[]> => {
  const { out } = await run(['ls', '--json', '-f', file]);
  const state = JSON.parse(out) as { apps: { workers: { pid: number }[] }[] };
  return state.apps.flatMap(({ workers }) => workers.map(({ pid }) => pid));
};

const ticksIn = (file: string): number =>
  existsSync(file) ? (readFileSync(file, 'utf8').match(/^tick \d+ \d+$/gm) ?? []).length : 0;

function ticks(change: (text: string) => string = (text) => text): { place: Scene; supervisor: Supervisor } {
  const place = scene('logs');
  const text = place.read();
  if (change(text) !== text) place.edit(change);
  return { place, supervisor: up(place.file, only('ticks')) };
}

/** Holds a named pipe open, and reads it only once it is told to. */
function slowReader(fifo: string): { read: () => void; lines: () => number } {
  const fd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(1024 * 1024);
  let timer: NodeJS.Timeout | undefined;
  let lines = 0;
  const read = (): void => {
    for (let length = 1; length > 0;) {
      try {
        length = readSync(fd, buffer);
      } catch {
        return; // Nothing is there now.
      }
      for (const byte of buffer.subarray(0, length)) if (byte === 10) lines += 1;
    }
  };
  onTestFinished(() => {
    clearInterval(timer);
    closeSync(fd);
  });
  return { read: () => (timer = setInterval(read, 1)), lines: () => lines };
}

describe('eight workers that write as fast as they can', () => {
  test.each([
    ['a file for each', '', (i: number) => `all/both-${i}.log`, (i: number) => `logs/out-${i}.log`],
    ['one file for all', 'merge_logs: true', () => 'all/both.log', () => 'logs/out.log'],
  ])('%s: every line is there once, in order, across rotations', async (_what, field, both, out) => {
    const place = scene('logs');
    place.edit((text) => text.replace('env: { LINES', `${field}\n    env: { LINES`));
    const supervisor = up(place.file, only('lines'));
    await supervisor.converged();
    const idle = memoryPeak(supervisor.pid);
    place.write('', 'go');
    const slots = [0, 1, 2, 3, 4, 5, 6, 7];
    const file = (name: (slot: number) => string, slot: number): string => place.path(name(slot));
    for (const slot of slots) await supervisor.line(new RegExp(`\\| ${slot} done$`), { within: 50_000 });
    const above = memoryPeak(supervisor.pid) - idle;
    expect(above).toBeLessThan(64 * 2 ** 20);
    await supervisor.end();
    for (const slot of slots) {
      const mine = linesOf(file(both, slot)).filter(
        (line) => line.startsWith(`${slot} `) && !line.endsWith('done'),
      );
      const torn = mine.filter((line) => {
        const [, number = '', filling = ''] = /^\d (\d+) ((?:é€)*) end$/.exec(line) ?? [];
        return number === '' || filling.length !== ((Number(number) + 1) % 40) * 2;
      });
      expect(torn).toEqual([]);
      const numbers = mine.map((line) => Number(line.split(' ')[1]));
      const all = Array.from({ length: 20_000 }, (_, i) => i);
      // The two streams are two pipes: each is in order for itself.
      expect(numbers.filter((n) => n % 10 === 0)).toEqual(all.filter((n) => n % 10 === 0));
      expect(numbers.filter((n) => n % 10 !== 0)).toEqual(all.filter((n) => n % 10 !== 0));
      const own = linesOf(file(out, slot)).filter((line) => line.startsWith(`${slot} `));
      expect(own).toHaveLength(18_001);
    }
    expect(rotations(file(both, 0))).toBeGreaterThan(5);
  });
});

test('a line of 10 MB, characters in pieces and last words survive', async () => {
  const place = scene('logs');
  const supervisor = up(place.file, only('odd'));
  await supervisor.line(/exited with code 3/);
  await supervisor.end();
  expect(linesOf(place.path('odd/out.log')).map((line) => (line.length > 100 ? line.length : line))).toEqual([
    'before',
    'wörd €'.length * 1_400_000 + 2,
    'price: 100 € net',
    'last words on stdout',
  ]);
  expect(linesOf(place.path('odd/err.log'))).toEqual(['last words on stderr, without a line end']);
});

test('a change of out_file takes effect without touching the workers', async () => {
  const { place, supervisor } = ticks();
  await supervisor.converged();
  await until('ticks', () => ticksIn(place.path('ticks/out.log')) > 5);
  const before = await pidOf(place.file);
  const mark = supervisor.mark();
  place.edit((text) =>
    text.replace('ticks/out.log', 'elsewhere/deep/out.log\n    log_type: json\n    time: true'),
  );
  const other = place.path('elsewhere/deep/out.log');
  await until('lines in the other file', () => existsSync(other) && textOf(other).split('\n').length > 5);
  const [line] = linesOf(other);
  expect(JSON.parse(line ?? '')).toMatchObject({ type: 'out', app_name: 'ticks', slot: 0 });
  expect(await pidOf(place.file)).toEqual(before);
  expect(supervisor.text(undefined, mark)).not.toMatch(/starting|draining/);
  const last = /tick \d+ (\d+)/.exec(linesOf(place.path('ticks/out.log')).at(-1) ?? '')?.[1];
  expect(line).toContain(` ${Number(last) + 1}"`);
  expect(statSync(other).mode & 0o777).toBe(0o640 & ~umask);
});

test.each(['SIGUSR2', 'logs --reopen'])('%s opens the files anew after they were moved away', async (how) => {
  const { place, supervisor } = ticks();
  const file = place.path('ticks/out.log');
  await supervisor.converged();
  await until('ticks', () => ticksIn(file) > 5);
  renameSync(file, `${file}.moved`);
  const moved = ticksIn(`${file}.moved`);
  await until('ticks in the moved file', () => ticksIn(`${file}.moved`) > moved);
  expect(existsSync(file)).toBe(false);
  if (how === 'SIGUSR2') supervisor.signal('SIGUSR2');
  else expect((await run(['logs', '--reopen', '--file', place.file])).out).toBe('1 log file reopened');
  await until('ticks in the new file', () => ticksIn(file) > 5);
  await supervisor.end();
  const numbers = [...linesOf(`${file}.moved`), ...linesOf(file)].map((line) => Number(line.split(' ')[2]));
  expect(numbers).toEqual(numbers.map((_, i) => i));
});

test('a path that cannot be written is told once, and when it works again; the app goes on', async () => {
  const place = scene('logs');
  writeFileSync(place.path('ticks'), 'a file where a folder should be');
  const supervisor = up(place.file, only('ticks'));
  await supervisor.converged();
  await supervisor.line(/ticks\/out\.log cannot be written: .*ENOTDIR/);
  const mark = supervisor.mark();
  await until('ticks on the screen', () => supervisor.count(/\| tick/, mark) > 500);
  expect(supervisor.count(/cannot be written/)).toBe(1);
  rmSync(place.path('ticks'));
  const [, lost] = await supervisor.line(/ticks\/out\.log is written again; (\d+) lines lost/);
  await until('ticks', () => ticksIn(place.path('ticks/out.log')) > 5);
  const [first] = linesOf(place.path('ticks/out.log'));
  expect(first?.split(' ')[2]).toBe(lost);
  // It becomes unwritable again.
  const again = supervisor.mark();
  renameSync(place.path('ticks'), place.path('ticks.old'));
  writeFileSync(place.path('ticks'), '');
  supervisor.signal('SIGUSR2');
  await supervisor.line(/cannot be written/, { after: again });
  expect(supervisor.count(/ticks:0 .*(exited|starting)/, mark)).toBe(0);
});

test.skipIf(!existsSync('/dev/full'))('a full disk costs the lines, not the app', async () => {
  const { place, supervisor } = ticks((text) => text.replace('ticks/out.log', '/dev/full'));
  await supervisor.converged();
  await supervisor.line(/\/dev\/full cannot be written: no space left on device \(ENOSPC\)/);
  const mark = supervisor.mark();
  await until('ticks on the screen', () => supervisor.count(/\| tick/, mark) > 600);
  const { out } = await run(['show', 'ticks', '-f', place.file]);
  expect(out).toMatch(/log files\n {2}\/dev\/full: no space left on device \(ENOSPC\), \d+ lines lost/);
  supervisor.signal('SIGTERM');
  await supervisor.line(/\/dev\/full: \d+ lines lost/);
  expect(supervisor.count(/cannot be written/)).toBe(1);
});

test.skipIf(process.platform === 'win32')(
  'a file that is slower than the worker makes it wait, and the supervisor keeps little',
  async () => {
    const place = scene('logs');
    mkdirSync(place.path('slow'));
    const fifo = place.path('slow/out.fifo');
    execFileSync('mkfifo', [fifo]);
    place.edit((text) =>
      text.replace(
        'out_file: logs/out.log\n    log_file: all/both.log',
        'merge_logs: true\n    out_file: slow/out.fifo',
      ),
    );
    const reader = slowReader(fifo);
    const supervisor = up(place.file, only('lines'));
    await supervisor.converged();
    const idle = memoryPeak(supervisor.pid);
    place.write('', 'go');
    await until(
      'a standstill',
      async () => {
        const before = supervisor.lines.length;
        await new Promise((resolve) => setTimeout(resolve, 1500));
        return supervisor.lines.length === before;
      },
      50_000,
    );
    // Each has written what the pipes hold, and no more.
    expect(supervisor.lines.filter(({ stream }) => stream === 'out').length).toBeLessThan(60_000);
    expect(memoryPeak(supervisor.pid) - idle).toBeLessThan(64 * 2 ** 20);
    reader.read();
    await until('all lines', () => reader.lines() === 8 * 18_001, 50_000);
    expect(memoryPeak(supervisor.pid) - idle).toBeLessThan(64 * 2 ** 20);
  },
);

test('a date before each line, rotation by age, and no more rotated files than are kept', async () => {
  const { place, supervisor } = ticks((text) =>
    text.replace(
      'out_file: ticks/out.log',
      "out_file: ticks/out.log\n    log_date_format: '[at] YYYY'\n    log_rotation: { max_age: 300ms, keep: 2 }",
    ),
  );
  const file = place.path('ticks/out.log');
  await supervisor.converged();
  await supervisor.line(/tick \d+ 500$/);
  await supervisor.end();
  const names = readdirSync(place.path('ticks')).filter((name) => name.includes('.log.'));
  expect(new Set(names.map((name) => name.replace(/\.gz$/, ''))).size).toBe(2);
  expect(names.some((name) => name.endsWith('.gz'))).toBe(true);
  const lines = linesOf(file);
  const year = new Date().getFullYear();
  expect(lines.filter((line) => !line.startsWith(`at ${year}: tick `))).toEqual([]);
  const numbers = lines.map((line) => Number(line.split(' ').at(-1)));
  expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
  // What was older than those is gone.
  expect(numbers[0]).toBeGreaterThan(0);
});

/** A small file system for the test; false where mounting one is not allowed. */
function mountSmall(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  const options = ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder];
  return spawnSync('mount', options).status === 0;
}

const mayMount = ((): boolean => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mount-'));
  const mounted = mountSmall(folder);
  if (mounted) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted;
})();

test.skipIf(!mayMount)(
  `a disk that is full loses lines, and says how many once there is room${mayMount ? '' : ' (skipped: mounting is not allowed)'}`,
  async () => {
    const place = scene('logs');
    const folder = place.path('ticks');
    expect(mountSmall(folder)).toBe(true);
    onTestFinished(() => void execFileSync('umount', [folder]));
    writeFileSync(path.join(folder, 'ballast'), Buffer.alloc(4040 * 1024));
    place.edit((text) => text.replace('script: ./ticks.js', 'script: ./wide-ticks.js'));
    const supervisor = up(place.file, only('ticks'));
    await supervisor.converged();
    await supervisor.line(/ticks\/out\.log cannot be written: no space left on device \(ENOSPC\)/);
    const mark = supervisor.mark();
    await until('ticks on the screen', () => supervisor.count(/\| tick/, mark) > 600);
    expect(supervisor.count(/cannot be written/)).toBe(1);
    rmSync(path.join(folder, 'ballast'));
    const [, lost = ''] = await supervisor.line(/ticks\/out\.log is written again; (\d+) lines? lost/);
    await supervisor.end();
    const numbers = linesOf(path.join(folder, 'out.log')).map((line) => Number(line.split(' ')[2]));
    const whole = numbers.filter((number, i) => i === 0 || number !== numbers[i - 1]);
    // One gap, as long as was said; the line that the full disk cut off is at its beginning.
    const gaps = whole
      .flatMap((number, i) => (i === 0 ? [] : [number - (whole[i - 1] ?? 0) - 1]))
      .filter(Boolean);
    expect(gaps).toHaveLength(1);
    expect(Math.abs((gaps[0] ?? 0) - Number(lost))).toBeLessThanOrEqual(1);
    expect(supervisor.count(/ticks:0 .*(exited|starting)/, mark)).toBe(0);
  },
);

test('the supervisor stays small, however much eight workers write', async () => {
  const place = scene('logs');
  place.edit((text) =>
    text.replace('LINES: 20000', 'LINES: 250000').replace('max_size: 200K, keep: 1000', 'keep: 1'),
  );
  // Nobody reads the screen here: this test's own memory is not what it is about.
  const child = spawn(node, [cli, place.file, '--only', 'lines'], {
    env: markedEnv('flood'),
    stdio: 'ignore',
  });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await until('its end', () => child.exitCode !== null);
  });
  const pid = child.pid ?? 0;
  await until('converged', async () => {
    const { code, out } = await run(['ls', '--json', '-f', place.file]);
    return code === 0 && (JSON.parse(out) as { converged: boolean }).converged;
  });
  const idle = memoryPeak(pid);
  place.write('', 'go');
  const isDone = (slot: number): boolean =>
    lastOf(place.path(`logs/out-${slot}.log`)).endsWith(`${slot} done\n`);
  await until('all lines', () => [0, 1, 2, 3, 4, 5, 6, 7].every(isDone), 100_000);
  expect(memoryPeak(pid) - idle).toBeLessThan(64 * 2 ** 20);
}, 120_000);

/** The end of a file. */
function lastOf(file: string): string {
  if (!existsSync(file)) return '';
  const fd = openSync(file, 'r');
  const buffer = Buffer.alloc(100);
  const length = readSync(fd, buffer, 0, 100, Math.max(0, statSync(file).size - 100));
  closeSync(fd);
  return buffer.toString('utf8', 0, length);
}
