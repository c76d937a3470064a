/** That a held unix socket is found by its name, whoever removes that. */
import { lstatSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { keepName } from '../../src/sockets/kept-name.ts';
import { until } from '../e2e/support/until.ts';
import { grounds } from '../files/theirs.ts';

async function listening(file: string): Promise<void> {
  const server = net.createServer().listen(file);
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
}

describe.skipIf(process.platform === 'win32')('the name of a unix socket', () => {
  test('is made again from a second one, which goes as the socket does', async () => {
    const file = grounds().ours('app.sock');
    await listening(file);
    const { ino } = lstatSync(file);
    const kept = keepName(file);
    rmSync(file);
    kept.restore();
    expect(lstatSync(file).ino).toBe(ino);
    rmSync(file);
    await until('it is there by itself', () => lstatSync(file, { throwIfNoEntry: false })?.ino === ino);
    kept.release();
    expect(readdirSync(path.dirname(file)).filter((name) => name.includes('sock'))).toEqual(['app.sock']);
  });

  test('is left to what somebody else has put there', async () => {
    const file = grounds().ours('app.sock');
    await listening(file);
    const kept = keepName(file);
    writeFileSync(`${file}.new`, 'theirs');
    renameSync(`${file}.new`, file);
    kept.restore();
    kept.release();
    expect(lstatSync(file).isFile()).toBe(true);
  });

  test('a second name that a killed supervisor left is in nobody’s way, and a file of that name stays', async () => {
    const on = grounds();
    await listening(on.ours('old.sock'));
    renameSync(on.ours('old.sock'), on.ours('.app.sock.held'));
    await listening(on.ours('app.sock'));
    const kept = keepName(on.ours('app.sock'));
    expect(lstatSync(on.ours('.app.sock.held')).ino).toBe(lstatSync(on.ours('app.sock')).ino);
    kept.release();
    writeFileSync(on.ours('.app.sock.held'), 'theirs');
    keepName(on.ours('app.sock')).release();
    expect(lstatSync(on.ours('.app.sock.held')).isFile()).toBe(true);
  });
});
