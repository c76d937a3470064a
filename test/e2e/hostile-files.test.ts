/** What an app's user puts where the supervisor, as root, reads, writes or removes: links, pipes and devices. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { State } from '../../src/model/state.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { scene, type Scene } from './support/scene.ts';
import { run, up } from './support/supervisor.ts';
import { until } from './support/until.ts';

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
const NOBODY = 65_534;

interface Grounds extends Scene {
  /** In a folder of the app's user. */
  readonly theirs: (name: string) => string;
  /** In a folder of root. */
  readonly ours: (name: string) => string;
}

function grounds(): Grounds {
  const place = scene();
  chmodSync(place.folder, 0o755);
  const theirs = (name: string): string => place.path(path.join('theirs', name));
  const ours = (name: string): string => place.path(path.join('ours', name));
  mkdirSync(theirs('.'));
  chownSync(theirs('.'), NOBODY, NOBODY);
  mkdirSync(ours('.'));
  for (const name of ['link', 'hard']) writeFileSync(ours(name), 'of root');
  place.write('#!/bin/sh\nwhile :; do echo tick; sleep 0.05; done\n', 'tick.sh');
  chmodSync(place.path('tick.sh'), 0o755);
  return { ...place, theirs, ours };
}

describe.runIf(isRoot)('as root, with apps of another user (skipped without root)', () => {
  test('log files: no link is followed, no pipe waited for; the apps go on, and all ends', async () => {
    const place = grounds();
    symlinkSync(place.ours('link'), place.theirs('link.log'));
    linkSync(place.ours('hard'), place.theirs('hard.log'));
    execFileSync('mkfifo', [place.theirs('pipe.log')]);
    symlinkSync(place.ours('.'), place.theirs('way'));
    const files = ['link.log', 'hard.log', 'pipe.log', 'way/new.log', 'plain.log'];
    const app = (file: string): string =>
      `  - { name: ${path.parse(file).name}, script: ./tick.sh, uid: nobody, out_file: theirs/${file} }\n`;
    place.write(`apps:\n${files.map(app).join('')}`);
    const supervisor = up(place.file);
    await supervisor.converged();
    await supervisor.line(
      /link\.log cannot be written: it is a symbolic link in a folder that user 65534 may write/,
    );
    await supervisor.line(/hard\.log cannot be written: it has another name elsewhere \(a hard link\)/);
    await supervisor.line(/pipe\.log cannot be written: it is a named pipe/);
    await supervisor.line(/new\.log cannot be written: .*way is a symbolic link in a folder/);
    const mark = supervisor.mark();
    for (const file of files)
      await supervisor.line(new RegExp(`^${path.parse(file).name}:0 .*tick`), { after: mark });
    await until('lines in the file that is one', () => place.read('theirs/plain.log').includes('tick'));
    await supervisor.end();
    expect(readdirSync(place.ours('.'))).toEqual(['hard', 'link']);
    expect(['hard', 'link'].map((name) => readFileSync(place.ours(name), 'utf8'))).toEqual([
      'of root',
      'of root',
    ]);
  });

  test('unix sockets: none in a folder that is not the user’s, and nothing else is removed in its place', async () => {
    const place = grounds();
    place.write(
      `const [fs, net] = [require('node:fs'), require('node:net')];
      const denied = net.createServer().on('error', ({ code }) => console.log('denied', code));
      denied.listen('${place.ours('new.sock')}');
      process.chdir('${place.theirs('.')}');
      fs.mkdirSync('run');
      const server = net.createServer((client) => client.end('hello'));
      server.listen('${place.theirs('run/link')}', () => {
        fs.renameSync('run', 'before');
        fs.symlinkSync('${place.ours('.')}', 'run');
        server.close(() => console.log('closed'));
      });
      setInterval(() => {}, 1000);\n`,
      'app.js',
    );
    place.write('apps: [{ name: app, script: ./app.js, instances: 1, exec_mode: cluster, uid: nobody }]\n');
    const supervisor = up(place.file);
    await supervisor.line(/new\.sock is not opened: user 65534 may not write its folder/);
    await supervisor.line(/denied EACCES/);
    await supervisor.line(/app:0 .*closed/);
    // Once the supervisor has closed it too, it is removed where it was made.
    await until('the socket has gone', () => readdirSync(place.theirs('before')).length === 0);
    expect(readdirSync(place.ours('.'))).toEqual(['hard', 'link']);
  });
});

test.skipIf(process.platform === 'win32')(
  'pipes in the place of what is read: every command answers',
  async () => {
    const place = scene();
    place.write('setInterval(() => {}, 1000);\n', 'app.js');
    execFileSync('mkfifo', [place.path('package.json'), place.path('vars'), place.path('fifo.js')]);
    const app = '{ name: app, script: ./app.js }';
    place.write(`apps: [${app}]\n`);
    const supervisor = up(place.file);
    await supervisor.converged();
    const ls = async (): Promise<State> =>
      JSON.parse((await run(['ls', '--json', '-f', place.file])).out) as State;
    expect((await ls()).apps[0]?.version).toBeNull();
    place.edit((text) => text.replace('}', ', env_file: vars }'));
    await supervisor.line(/CU1404.*vars: it is a named pipe, and only regular files are read/);
    expect((await ls()).config.state).toBe('rejected');
    rmSync(place.file);
    execFileSync('mkfifo', [place.file]);
    await supervisor.line(/CU1003.*it is a named pipe/);
    expect((await ls()).config.state).toBe('rejected');
    rmSync(place.file);
    place.write(`apps: [${app}, { name: other, script: ./fifo.js, autostart: false }]\n`);
    await until('the file as it is now', async () => (await ls()).config.state === 'applied');
  },
);

test.skipIf(process.platform === 'win32')(
  'a pipe as a log file whose reader reads no more is no reason to stay',
  async () => {
    const place = scene();
    execFileSync('mkfifo', [place.path('out.fifo')]);
    const reader = openSync(place.path('out.fifo'), constants.O_RDONLY | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    place.write('while [ ! -e go ]; do sleep 0.05; done\nyes to all | head -c 600000\n', 'flood.sh');
    place.write('apps: [{ name: flood, script: ./flood.sh, out_file: out.fifo, kill_timeout: 300 }]\n');
    const supervisor = up(place.file);
    await supervisor.converged();
    place.write('', 'go');
    await until('what the pipe holds', () => supervisor.count(/to all/) > 10_000);
    supervisor.signal('SIGTERM');
    expect((await supervisor.exited(10_000)).code).toBe(0);
    expect(supervisor.count(/out\.fifo: \d+ lines lost/)).toBeGreaterThan(0);
  },
);

test.skipIf(process.platform === 'win32')(
  'a supervisor whose event loop stood still says for how long',
  async () => {
    const place = scene();
    place.write('setInterval(() => {}, 1000);\n', 'app.js');
    place.write('apps: [{ name: app, script: ./app.js }]\n');
    const supervisor = up(place.file);
    await supervisor.converged();
    supervisor.signal('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    supervisor.signal('SIGCONT');
    const [, seconds] = await supervisor.line(/event loop stood still for ([\d.]+) s/);
    expect(Number(seconds)).toBeGreaterThan(1);
  },
);
