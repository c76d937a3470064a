/** Reading what anybody may have put there, on a real file system: bounded, and never waiting. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { completeApps } from '../../src/cli/completion.ts';
import { Folder } from '../../src/cli/init/folder.ts';
import { scale } from '../../src/cli/scale.ts';
import { disk } from '../../src/config/machine/real-files.ts';
import { loadEcosystem } from '../../src/config/load-ecosystem.ts';
import { atOnce, inTurns } from '../../src/files/calls.ts';
import { readBounded, readHead, whyUnreadable } from '../../src/files/read.ts';
import { PackageVersions } from '../../src/supervisor/package-version.ts';
import { spec } from '../plan/build.ts';
import { OPTIONS } from '../config/helpers.ts';
import { grounds } from './theirs.ts';

const MIB = 2 ** 20;

interface Odd {
  readonly what: string;
  /** Makes it at the path, or answers with another one. */
  readonly make: (file: string) => unknown;
  readonly says: RegExp;
}

const odd: readonly Odd[] = [
  {
    what: 'a named pipe',
    make: (file) => execFileSync('mkfifo', [file]),
    says: /a named pipe, and only regular/,
  },
  { what: '/dev/zero', make: (file) => symlinkSync('/dev/zero', file), says: /a device, and only regular/ },
  { what: '/dev/tty', make: (file) => symlinkSync('/dev/tty', file), says: /./ },
  { what: 'a socket', make: listen, says: /a socket, and only regular/ },
  { what: 'a folder', make: (file) => mkdirSync(file), says: /a folder, and only regular/ },
  { what: '10 GB', make: sparse, says: /larger than \d MiB/ },
  { what: 'a link to itself', make: (file) => symlinkSync(file, file), says: /circles/ },
  { what: 'nothing', make: () => {}, says: /does not exist/ },
];

function sparse(file: string): void {
  writeFileSync(file, '');
  truncateSync(file, 10 * 2 ** 30);
}

async function listen(file: string): Promise<void> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(file, resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
}

describe.skipIf(process.platform !== 'linux').each(odd)('$what', ({ make, says }) => {
  test('is told from a file, at once', async () => {
    const file = grounds().ours('odd');
    await make(file);
    const why = await inTurns(readBounded(file, 4 * MIB)).then(() => 'read', whyUnreadable);
    expect(why).toMatch(says);
  });

  test('as env_file and include: an error that says what it is', async () => {
    const on = grounds();
    await make(on.ours('odd'));
    writeFileSync(on.ours('server.js'), '');
    const text = 'include: ./odd\napps: [{ script: ./server.js, env_file: odd }]\n';
    writeFileSync(on.ours('ecosystem.yml'), text);
    const { desired, diagnostics } = await loadEcosystem(on.ours('ecosystem.yml'), OPTIONS);
    expect(desired).toBeNull();
    const messages = diagnostics.filter(({ code }) => code === 'CU1404' || code === 'CU1701');
    expect(messages.map(({ code }) => code).sort()).toEqual(['CU1404', 'CU1701']);
    const isThere = disk.kind(on.ours('odd')) !== null;
    for (const { message } of messages) if (isThere) expect(message).toMatch(says);
  });

  test('as the ecosystem file, as a script and as package.json: nothing waits for it', async () => {
    const on = grounds();
    await make(on.ours('package.json'));
    const loaded = await loadEcosystem(on.ours('package.json'), OPTIONS);
    expect(loaded.desired).toBeNull();
    expect(loaded.diagnostics.map(({ code }) => code)).toEqual([expect.stringMatching(/^CU100[1-6]$/)]);
    const app = spec({ process: { script: on.ours('server.js') } });
    expect((await new PackageVersions().ofAll([app])).get(app)).toBeNull();
    expect(disk.head(on.ours('package.json'))?.length ?? 0).toBeLessThanOrEqual(512);
  });
});

test.skipIf(process.platform === 'win32')(
  'a pipe in the place of the file: completion, init and scale do not wait',
  async () => {
    const on = grounds();
    execFileSync('mkfifo', [on.ours('ecosystem.yml'), on.ours('package.json')]);
    const written: string[] = [];
    expect(await completeApps(on.ours('ecosystem.yml'), (text) => written.push(text))).toBe(0);
    expect(written.join('')).toBe('');
    expect(new Folder(on.ours()).text('package.json')).toBeNull();
    const err: string[] = [];
    const io = { out: () => {}, err: (text: string) => err.push(text), cores: 1, env: {} };
    expect(await scale(on.ours('ecosystem.yml'), 'app', '2', {}, io)).toBe(1);
    expect(err.join('')).toContain('it is a named pipe, and only regular files are read');
  },
);

test('a regular file is read as it is, up to the limit, in one turn and in many', async () => {
  const file = grounds().ours('file');
  for (const length of [0, 1, 100]) {
    writeFileSync(file, 'x'.repeat(length));
    expect(atOnce(readBounded(file, 100)).length).toBe(length);
    expect((await inTurns(readBounded(file, 100))).length).toBe(length);
    expect(atOnce(readHead(file, 10)).length).toBe(Math.min(length, 10));
  }
  writeFileSync(file, 'x'.repeat(101));
  expect(() => atOnce(readBounded(file, 100))).toThrow(/larger/);
});

test.skipIf(process.platform !== 'linux')('a file of /proc, which says that it is empty, is read', () => {
  expect(Buffer.from(atOnce(readBounded('/proc/self/status', MIB))).toString()).toMatch(/^Name:/);
});

test('the version of a package is read once for each revision', async () => {
  const on = grounds();
  const versions = new PackageVersions();
  const app = spec({ process: { script: on.ours('server.js') } });
  writeFileSync(on.ours('package.json'), '{ "version": "1.2.3" }');
  expect((await versions.ofAll([app])).get(app)).toBe('1.2.3');
  writeFileSync(on.ours('package.json'), '{ "version": "2.0.0" }');
  const next = { ...app, revision: 'next' };
  expect([...(await versions.ofAll([app, next])).values()]).toEqual(['1.2.3', '2.0.0']);
});
