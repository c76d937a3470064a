/** The list of processes on disk, where the disk does not do as it should. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PidFile } from '../../../src/supervisor/takeover/pid-file.ts';

/** A folder of its own, and processes that end with the test. */
function setup() {
  const folder = path.join(mkdtempSync(path.join(os.tmpdir(), 'cluster-up-roster-')), 'state');
  onTestFinished(() => rmSync(path.dirname(folder), { recursive: true, force: true }));
  const file = path.join(folder, 'list');
  const said: string[] = [];
  const list = new PidFile(file, ({ level, text }) => said.push(`${level}: ${text.replaceAll(folder, '')}`));
  const start = async (): Promise<number> => {
    const child = spawn('sleep', ['1000']);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    return Number(child.pid);
  };
  return { folder, file, list, said, start };
}

describe.skipIf(process.platform !== 'linux')('a list that', () => {
  it('was never there is begun with its folder, for its user alone', async () => {
    const { folder, file, list, said, start } = setup();
    const pid = await start();
    list.add(pid);
    expect(new PidFile(file).living).toEqual([pid]);
    expect([statSync(folder).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(said).toEqual([]);
  });

  it('vanished with its folder is written anew, at the next process or when it is looked after', async () => {
    const { folder, file, list, said, start } = setup();
    const pids = [await start(), await start()];
    for (const pid of pids) list.add(pid);
    rmSync(folder, { recursive: true });
    list.check();
    expect(new PidFile(file).living).toEqual(pids);
    rmSync(folder, { recursive: true });
    pids.push(await start());
    list.add(pids[2] ?? 0);
    expect(new PidFile(file).living).toEqual(pids);
    expect(said).toEqual([]);
  });

  it('was cut short by somebody is written anew', async () => {
    const { file, list, start } = setup();
    const pids = [await start(), await start()];
    for (const pid of pids) list.add(pid);
    writeFileSync(file, '');
    list.check();
    expect(new PidFile(file).living).toEqual(pids);
  });

  it('cannot be written, for want of room, is told of once, and again when it can', async () => {
    const { file, list, said, start } = setup();
    const pids = [await start(), await start(), await start()];
    list.add(pids[0] ?? 0);
    // Whatever is written into it, or beside it, finds no room.
    unlinkSync(file);
    for (const name of [file, `${file}.new`]) symlinkSync('/dev/full', name);
    list.add(pids[1] ?? 0);
    list.add(pids[2] ?? 0);
    list.check();
    expect(said).toEqual([expect.stringMatching(/^bad: cannot write \/list: ENOSPC.*; it goes on without/)]);
    for (const name of [file, `${file}.new`]) unlinkSync(name);
    list.check();
    expect(said.slice(1)).toEqual(['good: /list is written again']);
    expect(new PidFile(file).living).toEqual(pids);
  });

  it('has no folder it could be in does not throw, not even at its end', async () => {
    const { folder, list, said, start } = setup();
    writeFileSync(folder, 'not a folder');
    const pid = await start();
    list.add(pid);
    list.touch();
    list.check();
    expect(list.living).toEqual([pid]);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => list.living).toEqual([]);
    list.tidy();
    expect(said).toEqual([expect.stringMatching(/^bad: cannot write \/list: /)]);
  });

  it('names what a supervisor before left is kept with it', async () => {
    const { file, list, start } = setup();
    const pids = [await start(), await start()];
    new PidFile(file).add(pids[0] ?? 0);
    list.add(pids[1] ?? 0);
    rmSync(file);
    list.check();
    expect(new PidFile(file).living).toEqual(pids);
  });

  it('has not been used for long is touched', async () => {
    const { file, list, start } = setup();
    list.add(await start());
    const before = statSync(file).mtimeMs;
    await expect
      .poll(() => {
        list.touch();
        return statSync(file).mtimeMs;
      })
      .toBeGreaterThan(before);
    expect(readFileSync(file, 'utf8')).toMatch(/^\d+ \d+ SIGTERM 5000\n$/);
  });

  it('is not needed any more goes', async () => {
    const { file, list, start } = setup();
    const pid = await start();
    list.add(pid);
    list.tidy();
    expect(existsSync(file)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => list.living).toEqual([]);
    list.tidy();
    expect(existsSync(file)).toBe(false);
  });
});
