/** Which files of unix sockets are removed as nobody has them open any more, on a real file system. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bindListening, EADDRINUSE, type BoundHandle } from '../../src/sockets/bind.ts';
import { KERNEL, removeDead, type Kernel } from '../../src/sockets/dead-file.ts';
import { grounds } from '../files/theirs.ts';

const IN_USE = 'another process has it open';
const UNKNOWN = 'whether a process has it open cannot be told: if none has, delete the file';
const query = (address: string) => ({ address, port: -1, addressType: -1, flags: 0, index: 0 });

function bound(address: string): BoundHandle {
  const handle = bindListening(query(address), false);
  if (typeof handle === 'number') throw new Error(`bind: ${handle}`);
  onTestFinished(() => handle.close());
  return handle;
}

/** Leaves the file as a process that was killed does: nothing removes one that was renamed. */
function dead(file: string): string {
  const handle = bindListening(query(`${file}.before`), false);
  if (typeof handle === 'number') throw new Error(`bind: ${handle}`);
  renameSync(`${file}.before`, file);
  handle.close();
  expect(lstatSync(file).isSocket()).toBe(true);
  return file;
}

/** Whoever listens is not disturbed where there is no need. */
const never = (): never => {
  throw new Error('asked');
};

/** Somebody does something as soon as it has been asked whether anybody listens. */
function meanwhile(act: () => void, refusal = 'ECONNREFUSED'): Partial<Kernel> {
  return {
    connect: () => {
      act();
      return Promise.resolve(refusal);
    },
  };
}

describe.runIf(process.platform === 'linux')('the file of a socket', () => {
  test('that nobody has open is removed, and can be bound again', async () => {
    const file = dead(grounds().ours('app.sock'));
    expect(bindListening(query(file), false)).toBe(EADDRINUSE);
    expect(await removeDead(file, null)).toBeNull();
    expect(existsSync(file)).toBe(false);
    bound(file);
  });

  test('that has gone is no trouble, nor is a folder that has', async () => {
    const on = grounds();
    expect(await removeDead(on.ours('app.sock'), null)).toBeNull();
    expect(await removeDead(on.ours('none', 'app.sock'), null)).toBeNull();
  });

  test('stays while somebody listens, whatever name it was bound by', async () => {
    const on = grounds();
    const server = net.createServer((client) => client.destroy()).listen(on.ours('app.sock'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await removeDead(on.ours('app.sock'), null, { ...KERNEL, connect: never })).toBe(IN_USE);
    renameSync(on.ours('app.sock'), on.ours('renamed.sock'));
    expect(await removeDead(on.ours('renamed.sock'), null)).toBe(IN_USE);
    expect(existsSync(on.ours('renamed.sock'))).toBe(true);
    renameSync(on.ours('renamed.sock'), on.ours('app.sock'));
  });

  test('stays while it is bound only, by its own name, through a link or relative', async () => {
    const on = grounds();
    symlinkSync(on.ours(), on.theirs('link'));
    const names = [
      on.ours('a.sock'),
      path.relative(process.cwd(), on.ours('b.sock')),
      on.theirs('link', 'c.sock'),
    ];
    for (const [i, name] of names.entries()) {
      const file = on.ours(`${'abc'[i] ?? ''}.sock`);
      const { _createServerHandle: create } = net as unknown as {
        _createServerHandle: (...args: unknown[]) => BoundHandle;
      };
      const handle = create(name, -1, -1, -1, 0);
      expect(await removeDead(file, null)).toBe(IN_USE);
      handle.close();
    }
  });

  test('is removed although a socket in another folder has the same name', async () => {
    const on = grounds();
    mkdirSync(on.ours('other'));
    bound(on.ours('other', 'app.sock'));
    expect(await removeDead(dead(on.ours('app.sock')), null)).toBeNull();
  });

  test.each([
    ['a regular file', (file: string) => writeFileSync(file, '')],
    ['a folder', (file: string) => mkdirSync(file)],
    ['a symbolic link', (file: string) => symlinkSync(dead(`${file}.target`), file)],
  ])('%s is none', async (kind, make) => {
    const file = grounds().ours('app.sock');
    make(file);
    expect(await removeDead(file, null)).toBe(`it is ${kind}`);
    expect(lstatSync(file)).toBeDefined();
  });

  test('bound by another process while it was asked: an equal inode does not deceive', async () => {
    const file = dead(grounds().ours('app.sock'));
    const again = (): void => {
      unlinkSync(file);
      bound(file);
    };
    expect(await removeDead(file, null, { ...KERNEL, ...meanwhile(again) })).toBe(IN_USE);
    expect(existsSync(file)).toBe(true);
  });

  test('listened on only after it was asked', async () => {
    const on = grounds();
    symlinkSync(on.ours(), on.ours('link'));
    const file = on.ours('app.sock');
    const handle = bound(on.ours('link', 'app.sock'));
    const listens = (): void => void handle.listen(1);
    expect(await removeDead(file, null, { ...KERNEL, ...meanwhile(listens) })).toBe(IN_USE);
  });

  test('replaced by another dead one or by a file meanwhile: that was not looked at', async () => {
    const on = grounds();
    const file = dead(on.ours('app.sock'));
    const other = dead(on.ours('other.sock'));
    const swap = (): void => renameSync(other, file);
    expect(await removeDead(file, null, { ...KERNEL, ...meanwhile(swap) })).toBe(IN_USE);
    const write = (): void => {
      unlinkSync(file);
      writeFileSync(file, 'theirs');
    };
    expect(await removeDead(file, null, { ...KERNEL, ...meanwhile(write) })).toBe(IN_USE);
    expect(lstatSync(file).isFile()).toBe(true);
  });

  test.each([
    ['EAGAIN', IN_USE],
    ['EPROTOTYPE', UNKNOWN],
    ['EACCES', UNKNOWN],
    ['EMFILE', UNKNOWN],
  ])('%s in answer: it stays', async (code, why) => {
    const file = dead(grounds().ours('app.sock'));
    expect(await removeDead(file, null, { ...KERNEL, ...meanwhile(() => {}, code) })).toBe(why);
    expect(existsSync(file)).toBe(true);
  });

  test('what the kernel does not tell is not taken for nothing', async () => {
    const file = dead(grounds().ours('app.sock'));
    const table = (): string => {
      throw new Error('ENOENT');
    };
    expect(await removeDead(file, null, { ...KERNEL, table })).toBe(UNKNOWN);
    expect(existsSync(file)).toBe(true);
  });

  test('in a folder with the sticky bit, only what the worker’s user could remove, or is ours', async () => {
    const on = grounds();
    chmodSync(on.ours(), 0o1777);
    const file = dead(on.ours('app.sock'));
    const user = { uid: 54_321, gid: 54_321 };
    if (process.getuid?.() === 0) {
      chownSync(file, 54_322, 54_322);
      expect(await removeDead(file, user)).toBe('it is a socket of user 54322');
      chownSync(file, user.uid, user.gid);
      expect(await removeDead(file, user)).toBeNull();
      dead(file);
    }
    expect(await removeDead(file, user)).toBeNull();
  });
});

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'as root (skipped without root)',
  () => {
    test('in a folder of another user: removed there, and through no link', async () => {
      const on = grounds();
      mkdirSync(on.theirs('run'));
      on.give(on.theirs('run'));
      expect(await removeDead(dead(on.theirs('run', 'app.sock')), null)).toBeNull();
      expect(existsSync(on.theirs('run', 'app.sock'))).toBe(false);
      dead(on.ours('app.sock'));
      dead(on.theirs('run', 'app.sock'));
      const swap = (): void => {
        renameSync(on.theirs('run'), on.theirs('before'));
        symlinkSync(on.ours(), on.theirs('run'));
      };
      const file = on.theirs('run', 'app.sock');
      expect(await removeDead(file, null, { ...KERNEL, ...meanwhile(swap) })).toBeNull();
      expect([existsSync(on.ours('app.sock')), existsSync(on.theirs('before', 'app.sock'))]).toEqual([
        true,
        false,
      ]);
      expect(await removeDead(file, null)).toMatch(/run is a symbolic link in a folder that/);
      expect(existsSync(on.ours('app.sock'))).toBe(true);
    });
  },
);
