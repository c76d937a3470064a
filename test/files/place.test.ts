/** Opening files in folders where another user may write, on a real file system, whatever is swapped meanwhile. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { atOnce, inTurns, makeNow, type Call } from '../../src/files/calls.ts';
import { openOrCreateAt, type Opened } from '../../src/files/open.ts';
import { leave, placeOf } from '../../src/files/place.ts';
import { isReplaceable, isShared, us } from '../../src/files/trust.ts';
import { UnsafePath } from '../../src/files/unsafe.ts';
import { grounds, type Grounds } from './theirs.ts';

const APPEND = constants.O_WRONLY | constants.O_APPEND;

/** Appends a line as a log file does; `before` runs before each call, with its number. */
function append(
  file: string,
  { who }: Pick<Grounds, 'who'>,
  before: (call: number) => void = () => {},
): number {
  let calls = 0;
  const make = (call: Call): unknown => {
    if (call[0] !== 'close') before(calls);
    calls += 1;
    return makeNow(call);
  };
  const place = atOnce(placeOf(file, { make: 0o750, follow: true, who }), make);
  let opened: Opened | null = null;
  try {
    opened = atOnce(openOrCreateAt(place, APPEND, 0o640, who), make);
    writeSync(opened.fd, 'line\n');
  } finally {
    if (opened !== null) closeSync(opened.fd);
    atOnce(leave(place));
  }
  return calls;
}

function why(file: string, on: Grounds): string {
  try {
    append(file, on);
  } catch (error) {
    if (error instanceof UnsafePath) return error.message;
    throw error;
  }
  return 'written';
}

describe.skipIf(process.platform !== 'linux')('in a folder of another user', () => {
  const cases: readonly [string, (on: Grounds, file: string) => void, RegExp][] = [
    ['a link', (on, file) => symlinkSync(on.ours('secret'), file), /it is a symbolic link in a folder that/],
    [
      'a link to nothing',
      (on, file) => symlinkSync(on.ours('new'), file),
      /it is a symbolic link in a folder/,
    ],
    [
      'a hard link',
      (on, file) => linkSync(on.ours('secret'), file),
      /another name elsewhere \(a hard link\)/,
    ],
    ['a named pipe', (_on, file) => execFileSync('mkfifo', [file]), /it is a named pipe/],
    [
      'a link on the way',
      (on, file) => swap(path.dirname(file), on.ours()),
      /sub is a symbolic link in a folder/,
    ],
  ];
  test.each(cases)(
    '%s is refused in one sentence, and what it leads to stays as it is',
    (_what, make, expected) => {
      const on = grounds();
      mkdirSync(on.theirs('sub'));
      on.give(on.theirs('sub'));
      make(on, on.theirs('sub', 'out.log'));
      expect(why(on.theirs('sub', 'out.log'), on)).toMatch(expected);
      expect([on.untouched(), readdirSync(on.ours())]).toEqual([true, ['secret']]);
    },
  );

  test('a file of the other user’s own, or of ours, is written; and so is a new one in new folders', () => {
    const on = grounds();
    writeFileSync(on.theirs('own.log'), 'before\n');
    on.give(on.theirs('own.log'));
    for (const name of ['own.log', 'new.log', 'new.log', 'a/b/c.log']) append(on.theirs(name), on);
    expect(['own.log', 'new.log', 'a/b/c.log'].map((name) => readFileSync(on.theirs(name), 'utf8'))).toEqual([
      'before\nline\n',
      'line\nline\n',
      'line\n',
    ]);
  });

  const swaps: readonly [string, (on: Grounds) => void][] = [
    ['the folder becomes a link', (on) => swap(on.theirs('sub'), on.ours())],
    ['the file becomes a link', (on) => swap(on.theirs('sub', 'secret'), on.ours('secret'))],
    [
      'the file becomes a hard link',
      (on) => {
        rmSync(on.theirs('sub', 'secret'), { force: true });
        linkSync(on.ours('secret'), on.theirs('sub', 'secret'));
      },
    ],
    [
      'the file becomes a pipe',
      (on) => {
        rmSync(on.theirs('sub', 'secret'), { force: true });
        execFileSync('mkfifo', [on.theirs('sub', 'secret')]);
      },
    ],
  ];
  describe.each([true, false])('with the file there before: %s', (there) => {
    test.each(swaps)('%s before any call: nothing of ours is written, and nothing waits', (_what, act) => {
      const prepared = (): Grounds => {
        const on = grounds();
        mkdirSync(on.theirs('sub'));
        on.give(on.theirs('sub'));
        if (there) writeFileSync(on.theirs('sub', 'secret'), '');
        if (there) on.give(on.theirs('sub', 'secret'));
        return on;
      };
      const undisturbed = prepared();
      const calls = append(undisturbed.theirs('sub', 'secret'), undisturbed);
      expect(calls).toBeGreaterThan(6);
      for (let at = 0; at < calls; at += 1) {
        const on = prepared();
        const before = (call: number): void => {
          if (call === at) act(on);
        };
        try {
          append(on.theirs('sub', 'secret'), on, before);
        } catch (error) {
          // Refused, or made by somebody else in between.
          if (!(error instanceof UnsafePath)) expect((error as NodeJS.ErrnoException).code).toBe('EEXIST');
        }
        expect([at, on.untouched(), readdirSync(on.ours())]).toEqual([at, true, ['secret']]);
      }
    });
  });

  test('descriptors are given back, refused or not', async () => {
    const on = grounds();
    symlinkSync(on.ours('secret'), on.theirs('link.log'));
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let i = 0; i < 20; i++) {
      append(on.theirs('a', 'out.log'), on);
      why(on.theirs('link.log'), on);
      await expect(inTurns(placeOf(on.theirs('none', 'x', 'y'), on))).rejects.toMatchObject({
        code: 'ENOENT',
      });
    }
    expect(open()).toBe(before);
  });
});

describe('in folders that are ours alone', () => {
  test('links are followed, of the file and of folders on the way; missing folders are made', () => {
    const on = { ...grounds(), who: us };
    symlinkSync(on.ours(), on.ours('alias'));
    symlinkSync('real.log', on.ours('out.log'));
    append(on.ours('alias', 'out.log'), on);
    append(on.ours('alias', 'new', 'out.log'), on);
    expect(readFileSync(on.ours('real.log'), 'utf8') + readFileSync(on.ours('new', 'out.log'), 'utf8')).toBe(
      'line\nline\n',
    );
    expect(existsSync(on.ours('out.log'))).toBe(true);
  });

  test.skipIf(process.platform !== 'linux')('a descriptor of our own is one, though it is a link', () => {
    const place = atOnce(placeOf('/dev/fd/1', { follow: true }));
    expect(path.join(place.folder, place.name)).toMatch(/^\/proc\/(self|\d+)\/fd\/1$/);
  });

  test('links that lead in circles end', () => {
    const on = { ...grounds(), who: us };
    symlinkSync('b', on.ours('a'));
    symlinkSync('a', on.ours('b'));
    expect(why(on.ours('a'), on)).toMatch(/leads in circles/);
  });
});

describe('whose a folder is', () => {
  const [root, alice, bob] = [0, 1000, 1001];
  const as = (uid: number) => ({ uid, gid: uid });
  const folder = (uid: number, mode: number, gid = uid) => ({ uid, gid, mode });
  test.each([
    ['root, its own', root, folder(root, 0o755), false],
    ['root, a user’s', root, folder(alice, 0o700), true],
    ['root, its group may write', root, folder(root, 0o775), true],
    ['root, all may write', root, folder(root, 0o777), true],
    ['alice, root’s', alice, folder(root, 0o755), false],
    ['alice, her own, umask 002', alice, folder(alice, 0o775), false],
    ['alice, her own, with a group of others', alice, folder(alice, 0o775, 50), true],
    ['alice, bob’s', alice, folder(bob, 0o700), true],
    ['Windows', -1, folder(root, 0o777), false],
  ])('%s', (_what, uid, stats, shared) => expect(isShared(stats, as(uid))).toBe(shared));

  test('in /tmp only what is ours stays in its place', () => {
    const tmp = folder(root, 0o1777);
    const entries = [folder(alice, 0o755), folder(root, 0o755), folder(bob, 0o777), null];
    expect(entries.map((entry) => isReplaceable(tmp, entry, as(alice)))).toEqual([false, false, true, true]);
    expect(isReplaceable(folder(bob, 0o1777), folder(alice, 0o755), as(alice))).toBe(true);
  });
});

function swap(name: string, target: string): void {
  if (existsSync(name)) renameSync(name, `${name}.before`);
  symlinkSync(target, name);
}
