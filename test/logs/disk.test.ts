/** Log files and their rotation on a real file system, in a folder where another user may write. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readlinkSync,
  readSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Archive } from '../../src/logs/archive.ts';
import { diskOf, type Disk } from '../../src/logs/disk.ts';
import { LogFiles } from '../../src/logs/log-files.ts';
import { rotatedName } from '../../src/logs/names.ts';
import { spec } from '../plan/build.ts';
import { grounds, type Grounds } from '../files/theirs.ts';

const AT = Date.UTC(2026, 0, 31, 18);
const KEEP_ALL = { maxSize: 10, maxAge: null, keep: 10, compress: true };

/** A disk on which `act` happens before each call of `name`. */
function disturbed(disk: Disk, name: keyof Disk, act: () => void): Disk {
  const call = disk[name] as (...args: unknown[]) => Promise<unknown>;
  return {
    ...disk,
    [name]: (...args: unknown[]) => {
      act();
      return call(...args);
    },
  };
}

async function rotate(disk: Disk, file: string): Promise<void> {
  const archive = new Archive(disk, () => AT);
  await archive.rotate(file, KEEP_ALL).catch(() => {});
  await archive.end(5000);
}

describe.skipIf(process.platform !== 'linux')('rotation in a folder of another user', () => {
  test('gives names, compresses, and removes what is beyond the limit', async () => {
    const on = grounds();
    const disk = diskOf(on.who);
    const file = on.theirs('out.log');
    for (const text of ['one\n', 'two\n', 'three\n']) {
      const opened = await disk.open(file);
      await opened.write(Buffer.from(text));
      await opened.close();
      const archive = new Archive(disk, () => AT);
      await archive.rotate(file, { ...KEEP_ALL, keep: 2 });
      await archive.end(5000);
    }
    const left = readdirSync(on.theirs()).sort();
    const texts = left.map((name) =>
      name.endsWith('.gz') ? gunzipSync(readFileSync(on.theirs(name))).toString() : name,
    );
    expect(texts.sort()).toEqual(['three\n', 'two\n']);
  });

  const file = 'sub/secret';
  const swaps: readonly [string, (on: Grounds) => void][] = [
    [
      'the folder becomes a link',
      (on) => {
        if (!existsSync(on.theirs('before'))) renameSync(on.theirs('sub'), on.theirs('before'));
        if (!existsSync(on.theirs('sub'))) symlinkSync(on.ours(), on.theirs('sub'));
      },
    ],
    ['the rotated name is a link', (on) => replace(on, rotatedName(file, AT))],
    ['the compressed name is a link', (on) => replace(on, `${rotatedName(file, AT)}.gz`)],
    ['the name in between is a link', (on) => replace(on, `${rotatedName(file, AT)}.gz.part`)],
    [
      'the rotated name is a hard link',
      (on) => {
        rmSync(on.theirs(rotatedName(file, AT)), { force: true });
        linkSync(on.ours('secret'), on.theirs(rotatedName(file, AT)));
      },
    ],
  ];
  const calls = ['open', 'facts', 'namesLike', 'rename', 'remove', 'gzip'] as const;
  test.each(swaps)(
    '%s before any call: nothing of ours is read, written, renamed or removed',
    async (_what, act) => {
      for (const name of calls) {
        const on = grounds();
        mkdirSync(on.theirs('sub'));
        on.give(on.theirs('sub'));
        writeFileSync(on.theirs(file), 'mine\n');
        on.give(on.theirs(file));
        await rotate(
          disturbed(diskOf(on.who), name, () => act(on)),
          on.theirs(file),
        );
        expect([name, on.untouched(), readdirSync(on.ours())]).toEqual([name, true, ['secret']]);
        const packed = readdirSync(on.theirs(), { recursive: true, encoding: 'utf8' })
          .filter((entry) => entry.endsWith('.gz') && existsSync(on.theirs(entry)))
          .map((entry) => readFileSync(on.theirs(entry)))
          .filter((bytes) => bytes[0] === 0x1f)
          .map((bytes) => gunzipSync(bytes).toString());
        for (const text of packed) expect([name, text]).toEqual([name, 'mine\n']);
      }
    },
  );

  test('10 GB in the place of a rotated file do not keep the end', async () => {
    const on = grounds();
    const rotated = on.theirs(rotatedName('out.log', AT - 1000));
    writeFileSync(rotated, '');
    truncateSync(rotated, 10 * 2 ** 30);
    on.give(rotated);
    writeFileSync(on.theirs('out.log'), 'line\n');
    const archive = new Archive(diskOf(on.who), () => AT);
    await archive.rotate(on.theirs('out.log'), KEEP_ALL);
    const began = performance.now();
    await archive.end(100);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(existsSync(`${rotated}.gz.part`)).toBe(false);
    expect(existsSync(rotated)).toBe(true);
  });

  test('of a folder full of names, so many are looked at', async () => {
    const on = grounds();
    for (let i = 0; i < 300; i++) writeFileSync(on.theirs(`out.log.${i}`), '');
    for (let i = 0; i < 300; i++) writeFileSync(on.theirs(`other.${i}`), '');
    expect((await diskOf(on.who).namesLike(on.theirs('out.log.'))).length).toBe(300);
  });
});

test('a file that is refused is told once in a sentence, and its lines are counted', async () => {
  const on = grounds();
  symlinkSync(on.ours('secret'), on.theirs('out.log'));
  const said: string[] = [];
  const files = new LogFiles({
    disk: diskOf(on.who),
    say: ({ text }) => said.push(text.split('\n')[0] ?? ''),
  });
  const app = spec({ logs: { out: on.theirs('out.log') }, instances: 1 });
  files.apply([app]);
  const launch = { id: 0, slot: 0, spec: app };
  for (const line of ['a', 'b', 'c']) files.write(launch, 'out', [line], false);
  files.ended(launch, 'out');
  await files.end();
  expect(said).toEqual([
    expect.stringMatching(
      /out\.log cannot be written: it is a symbolic link in a folder that (user \d+|others) may write/,
    ),
    `${on.theirs('out.log')}: 3 lines lost`,
  ]);
  expect(on.untouched()).toBe(true);
});

/** A link to what is ours, in the place of whatever has the name. */
function replace(on: Grounds, name: string): void {
  rmSync(on.theirs(name), { force: true });
  if (existsSync(path.dirname(on.theirs(name)))) symlinkSync(on.ours('secret'), on.theirs(name));
}

test.skipIf(process.platform === 'win32')(
  'a pipe of ours that nobody reads is refused at once, and one whose reader stands still holds up the end for so long',
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-pipe-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const fifo = path.join(folder, 'out.fifo');
    execFileSync('mkfifo', [fifo]);
    const end = async (lines: number): Promise<{ said: string[]; ms: number }> => {
      const said: string[] = [];
      const files = new LogFiles({ say: ({ text }) => said.push(text) });
      const web = spec({ instances: 1, logs: { out: fifo } });
      files.apply([web]);
      const launch = { id: 0, slot: 0, spec: web };
      files.write(
        launch,
        'out',
        Array.from({ length: lines }, () => 'x'.repeat(1000)),
        false,
      );
      files.ended(launch, 'out');
      const since = performance.now();
      await files.end();
      return { said, ms: performance.now() - since };
    };
    const unread = await end(1);
    expect(unread.said[0]).toMatch(/cannot be written: no such device or address \(ENXIO\)/);
    expect(unread.ms).toBeLessThan(1000);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    const slow = await end(200);
    expect(slow.said.at(-1)).toMatch(/\d+ lines lost$/);
    expect(slow.ms).toBeLessThan(4000);
  },
);

describe.skipIf(process.platform !== 'linux')('what a log file is by its links', () => {
  test.each(['one link', 'a link to a link in another folder'])(
    '%s: what it leads to is rotated',
    async (way) => {
      const on = grounds();
      mkdirSync(on.ours('target'));
      const first = way === 'one link' ? on.ours('target/real.log') : on.ours('target/second.log');
      if (way !== 'one link') symlinkSync('real.log', first);
      symlinkSync(first, on.ours('out.log'));
      const files = new LogFiles({ disk: diskOf(on.who), say: () => {}, now: () => AT });
      const rotation = { ...KEEP_ALL, compress: false };
      files.apply([spec({ instances: 1, logs: { out: on.ours('out.log'), rotation } })]);
      const launch = { id: 1, slot: 0, spec: spec() };
      files.write(launch, 'out', ['first line', 'second line'], false);
      files.ended(launch, 'out');
      await files.end();
      expect(readlinkSync(on.ours('out.log'))).toBe(first);
      expect(readFileSync(on.ours('out.log'), 'utf8')).toBe('second line\n');
      const rotated = path.basename(rotatedName('real.log', AT));
      expect(readFileSync(on.ours('target', rotated), 'utf8')).toBe('first line\n');
      expect(readdirSync(on.ours()).sort()).toEqual(['out.log', 'secret', 'target']);
    },
  );

  test('a named pipe, also through a link, is written by all slots, and neither renamed nor suffixed', async () => {
    const on = grounds();
    execFileSync('mkfifo', [on.ours('pipe.log')]);
    symlinkSync('pipe.log', on.ours('out.log'));
    const reader = openSync(on.ours('pipe.log'), constants.O_RDONLY | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    const files = new LogFiles({ disk: diskOf(on.who), say: () => {} });
    files.apply([spec({ instances: 2, logs: { out: on.ours('out.log'), rotation: KEEP_ALL } })]);
    for (const slot of [0, 1]) {
      const launch = { id: slot, slot, spec: spec() };
      files.write(launch, 'out', [`a long line of slot ${slot}`], false);
      files.ended(launch, 'out');
    }
    await files.end();
    const read = Buffer.alloc(100);
    expect(read.toString('utf8', 0, readSync(reader, read)).split('\n').sort()).toEqual([
      '',
      'a long line of slot 0',
      'a long line of slot 1',
    ]);
    expect(readdirSync(on.ours()).sort()).toEqual(['out.log', 'pipe.log', 'secret']);
  });

  test.each(['/dev/stdout', '/dev/fd/2', '/proc/self/fd/1'])(
    '%s is none that is rotated, wherever it leads',
    async (name) => {
      const disk = diskOf(grounds().who);
      expect(disk.isSpecial(name)).toBe(true);
      const opened = await disk.open(name);
      expect(opened.regular).toBe(false);
      await opened.close();
    },
  );
});
