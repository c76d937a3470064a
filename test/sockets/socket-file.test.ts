/** Where the supervisor makes and removes the files of its workers' unix sockets, on a real file system. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bindListening, EACCES } from '../../src/sockets/bind.ts';
import { fileAt, removeSocket, whyNoSocket } from '../../src/sockets/socket-file.ts';
import { grounds } from '../files/theirs.ts';

const query = (address: string) => ({ address, port: -1, addressType: -1, flags: 0, index: 0 });

function bound(address: string): { close: () => void } {
  const handle = bindListening(query(address), false);
  if (typeof handle === 'number') throw new Error(`bind: ${handle}`);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) handle.close();
    isOpen = false;
  };
  onTestFinished(close);
  return { close };
}

describe.skipIf(process.platform === 'win32')('the file of a unix socket', () => {
  test('is made, and removed as the socket closes', () => {
    const file = grounds().ours('app.sock');
    const socket = bound(file);
    expect(existsSync(file)).toBe(true);
    socket.close();
    expect(existsSync(file)).toBe(false);
  });

  test('a folder that is missing is what it was: EACCES', () => {
    expect(bindListening(query(grounds().ours('none', 'app.sock')), false)).toBe(EACCES);
  });

  test('is removed by whoever took the socket over, and only that file', () => {
    const on = grounds();
    const file = on.ours('app.sock');
    const socket = bound(file);
    const own = fileAt(file);
    if (own === null) throw new Error('there is no file');
    renameSync(file, on.ours('moved.sock'));
    const other = bound(file);
    removeSocket(file, own);
    expect(existsSync(file)).toBe(true);
    renameSync(on.ours('moved.sock'), file);
    removeSocket(file, own);
    expect(existsSync(file)).toBe(false);
    for (const each of [socket, other]) each.close();
    expect(fileAt(on.ours('none', 'app.sock'))).toBeNull();
    removeSocket(on.ours('none', 'app.sock'), own);
  });

  test.each(['a socket', 'a regular file', 'a folder'])(
    'stays if it is %s of somebody else by the time ours is closed',
    (kind) => {
      const on = grounds();
      const file = on.ours('app.sock');
      const socket = bound(file);
      unlinkSync(file);
      if (kind === 'a socket') bound(file);
      else if (kind === 'a folder') mkdirSync(file);
      else writeFileSync(file, 'theirs');
      const { ino } = lstatSync(file);
      socket.close();
      expect(lstatSync(file).ino).toBe(ino);
      // The other socket has a second name of its own.
      const all = kind === 'a socket' ? ['.app.sock.held', 'app.sock', 'secret'] : ['app.sock', 'secret'];
      expect(readdirSync(on.ours()).sort()).toEqual(all);
    },
  );

  test('a worker of another user has it only where that user may write', () => {
    const on = grounds();
    const user = { uid: 54_321, gid: 54_321 };
    mkdirSync(on.ours('open'));
    chmodSync(on.ours('open'), 0o777);
    expect(whyNoSocket(on.ours('app.sock'), user)).toBe('user 54321 may not write its folder');
    expect(whyNoSocket(on.ours('open', 'app.sock'), user)).toBeNull();
    expect(whyNoSocket(on.ours('app.sock'), null)).toBeNull();
    expect(whyNoSocket(on.ours('app.sock'), { uid: null, gid: 54_321 })).toBeNull();
    for (const address of ['app.sock', `${on.ours('a')}\0b`])
      expect(whyNoSocket(address, null)).toBe('its path is not absolute');
  });
});

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'as root (skipped without root)',
  () => {
    test('a folder that is swapped for a link: bound and removed where it was', () => {
      const on = grounds();
      mkdirSync(on.theirs('run'));
      on.give(on.theirs('run'));
      const socket = bound(on.theirs('run', 'secret'));
      expect(existsSync(on.theirs('run', 'secret'))).toBe(true);
      renameSync(on.theirs('run'), on.theirs('before'));
      symlinkSync(on.ours(), on.theirs('run'));
      socket.close();
      expect([on.untouched(), existsSync(on.theirs('before', 'secret'))]).toEqual([true, false]);
      expect(bindListening(query(on.theirs('run', 'new.sock')), false)).toBe(EACCES);
      expect(whyNoSocket(on.theirs('run', 'new.sock'), null)).toMatch(
        /run is a symbolic link in a folder that/,
      );
    });
  },
);
