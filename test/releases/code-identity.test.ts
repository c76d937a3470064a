/** Which code an app has: on a real file system, since that is what it is about. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { identityOfOpen } from '../../src/files/stamp.ts';
import { differences } from '../../src/releases/digest.ts';
import { Identities, type Identity } from '../../src/releases/code-identity.ts';
import type { AppSpec, WatchSpec } from '../../src/model/spec.ts';
import { spec as appSpec } from '../plan/build.ts';

class Folder {
  readonly path = mkdtempSync(path.join(os.tmpdir(), 'code-'));
  readonly identities: Identities;

  constructor(most?: number, written?: ReadonlySet<string>) {
    this.identities = new Identities(most, written);
    onTestFinished(() => rmSync(this.path, { recursive: true, force: true }));
    this.write('server.js', 'one');
    this.write('ecosystem.yml', 'apps: []');
  }

  write(name: string, text: string): void {
    const file = path.join(this.path, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  spec(more: { cwd?: string; script?: string; watch?: Partial<WatchSpec>; out?: string } = {}): AppSpec {
    const spec = appSpec({ name: 'web' });
    const { cwd = '.', script = 'server.js', watch, out = null } = more;
    return {
      ...spec,
      process: {
        ...spec.process,
        cwd: path.join(this.path, cwd),
        script: path.join(this.path, script),
        shell: false,
      },
      triggers: {
        ...spec.triggers,
        watch: watch === undefined ? null : { paths: ['.'], ignore: [], delay: 0, poll: null, ...watch },
      },
      logs: { ...spec.logs, out },
    };
  }

  async look(spec: AppSpec = this.spec(), ...also: readonly string[]): Promise<Identity> {
    const own = ['ecosystem.yml', ...also].map((name) => path.join(this.path, name));
    const found = (await this.identities.of([spec], own)).get('web');
    if (found === undefined) throw new Error('nothing was found');
    return found;
  }

  async id(spec?: AppSpec): Promise<string> {
    return (await this.look(spec)).code.id;
  }
}

test('its digest is of contents, not of times', async () => {
  const folder = new Folder();
  const before = await folder.look();
  expect(before.code).toEqual({
    id: before.code.digest?.slice(0, 8),
    from: 'files',
    folder: folder.path,
    digest: expect.stringMatching(/^[\da-f]{64}$/) as string,
  });
  utimesSync(path.join(folder.path, 'server.js'), 1, 1);
  expect(await folder.id()).toBe(before.code.id);
  folder.write('server.js', 'two');
  const after = await folder.look();
  expect(after.code.id).not.toBe(before.code.id);
  expect(differences(before.sums, after.sums)).toEqual(['server.js']);
  folder.write('server.js', 'one');
  expect(await folder.id()).toBe(before.code.id);
});

test('the same files elsewhere have the same digest', async () => {
  const [one, other] = [new Folder(), new Folder()];
  for (const folder of [one, other]) folder.write('lib/a.js', 'a');
  expect(await one.id()).toBe(await other.id());
  other.write('lib/b.js', '');
  expect(await one.id()).not.toBe(await other.id());
});

test.each([
  'node_modules/a/index.js',
  '.env',
  '.git/HEAD',
  'debug.log',
  'web.pid',
  'data.sqlite',
  'data.db-wal',
  'logs/out.txt',
  'uploads/a.png',
  'ecosystem.yml',
  'ecosystem.yml.swp',
])('%s is no code', async (name) => {
  const folder = new Folder();
  const before = await folder.id();
  folder.write(name, 'x');
  expect(await folder.id()).toBe(before);
});

test.each([
  'package.json',
  'package-lock.json',
  'src/uploads/index.js',
  'views/a.html',
  'node_modules/.package-lock.json',
  'node_modules/.pnpm/lock.yaml',
  'node_modules/.yarn-integrity',
])('%s is', async (name) => {
  const folder = new Folder();
  const before = await folder.id();
  folder.write(name, 'x');
  expect(await folder.id()).not.toBe(before);
});

test('what was installed further up counts, as Node finds it there', async () => {
  const folder = new Folder();
  folder.write('packages/api/server.js', '');
  const spec = folder.spec({ cwd: 'packages/api', script: 'packages/api/server.js' });
  const before = await folder.id(spec);
  folder.write('node_modules/.package-lock.json', '{}');
  const installed = await folder.id(spec);
  expect(installed).not.toBe(before);
  folder.write('package-lock.json', '{}');
  expect(await folder.id(spec)).not.toBe(installed);
  folder.write('packages/web/server.js', '');
  folder.write('packages/api/node_modules/.package-lock.json', '{}');
  const own = await folder.id(spec);
  folder.write('node_modules/.package-lock.json', '{ }');
  expect(await folder.id(spec)).toBe(own);
});

test('what an app writes as its log, and what `ignore_watch` names, is none', async () => {
  const folder = new Folder();
  const spec = folder.spec({ out: path.join(folder.path, 'out.txt'), watch: { ignore: ['data'] } });
  const before = await folder.id(spec);
  for (const name of ['out.txt', 'out.txt.1.gz', 'data/a.json']) folder.write(name, 'x');
  expect(await folder.id(spec)).toBe(before);
  folder.write('other/a.json', 'x');
  expect(await folder.id(spec)).not.toBe(before);
});

test('what `ignore_watch` names is none where nothing is watched, either', async () => {
  const folder = new Folder();
  const plain = folder.spec();
  const spec = { ...plain, triggers: { ...plain.triggers, ignored: ['data'] } };
  const before = await folder.id(spec);
  folder.write('data/a.json', 'x');
  expect(await folder.id(spec)).toBe(before);
});

test('a script outside of `cwd` is the code, and `cwd` is where its data is', async () => {
  const folder = new Folder();
  folder.write('data/a.json', '1');
  const spec = folder.spec({ cwd: 'data' });
  const before = await folder.look(spec);
  expect(before.code.folder).toBe(folder.path);
  folder.write('data/a.json', '2');
  expect(await folder.id(spec)).toBe(before.code.id);
  folder.write('server.js', 'two');
  expect(await folder.id(spec)).not.toBe(before.code.id);
});

test('where there are too many files, the script is what counts', async () => {
  const folder = new Folder(4);
  for (const name of ['a', 'b', 'c', 'd']) folder.write(name, '');
  const before = await folder.look();
  expect(before.isCut).toBe(true);
  folder.write('a', 'x');
  expect(await folder.id()).toBe(before.code.id);
  folder.write('server.js', 'two');
  expect(await folder.id()).not.toBe(before.code.id);
});

test('the ecosystem file is none where a link leads to its folder, either', async () => {
  const folder = new Folder();
  const link = `${folder.path}-link`;
  symlinkSync(folder.path, link);
  onTestFinished(() => rmSync(link));
  const id = async (): Promise<string | undefined> =>
    (await folder.identities.of([folder.spec()], [path.join(link, 'ecosystem.yml')])).get('web')?.code.id;
  const before = await id();
  folder.write('ecosystem.yml', 'apps: [other]');
  folder.write('ecosystem.yml.new', '');
  expect(await id()).toBe(before);
});

test('what is kept of supervisors is none', async () => {
  const folder = new Folder();
  const own = [path.join(folder.path, 'ecosystem.yml'), `${path.join(folder.path, 'home')}/`];
  const id = async (): Promise<string | undefined> =>
    (await folder.identities.of([folder.spec()], own)).get('web')?.code.id;
  const before = await id();
  folder.write('home/a.pids', '1');
  expect(await id()).toBe(before);
  folder.write('homepage.js', '');
  expect(await id()).not.toBe(before);
});

test('what our own output goes to is none', async () => {
  const out = path.join(mkdtempSync(path.join(os.tmpdir(), 'out-')), 'out.txt');
  onTestFinished(() => rmSync(path.dirname(out), { recursive: true }));
  const fd = openSync(out, 'w');
  onTestFinished(() => closeSync(fd));
  const folder = new Folder(undefined, new Set([identityOfOpen(fd) ?? '']));
  const before = await folder.id();
  renameSync(out, path.join(folder.path, 'out.txt'));
  writeSync(fd, 'converged');
  expect(await folder.id()).toBe(before);
  folder.write('other.txt', 'converged');
  expect(await folder.id()).not.toBe(before);
});

test('a pipe, a loop of links and what cannot be read keep nobody waiting', async () => {
  const folder = new Folder();
  const before = await folder.id();
  execFileSync('mkfifo', [path.join(folder.path, 'pipe')]);
  execFileSync('ln', ['-s', '.', path.join(folder.path, 'loop')]);
  execFileSync('ln', ['-s', 'nowhere', path.join(folder.path, 'dangling')]);
  expect(await folder.id()).toBe(before);
});

test('apps that share their files are looked at once, and what has not changed is not read again', async () => {
  const folder = new Folder();
  for (let i = 0; i < 200; i += 1) folder.write(`src/${i}.js`, 'x'.repeat(1000));
  const specs = ['a', 'b', 'c'].map((name) => ({ ...folder.spec(), name }));
  const all = await folder.identities.of(specs, [path.join(folder.path, 'ecosystem.yml')]);
  expect(new Set([...all.values()].map(({ code }) => code.id)).size).toBe(1);
  expect(all.get('a')?.sums).toBe(all.get('c')?.sums);
  expect(new Set(all.get('a')?.folders)).toEqual(new Set([folder.path, path.join(folder.path, 'src')]));
});

test('what cluster-up reads, or has read, is no code: that it came to be so changes none', async () => {
  const folder = new Folder();
  folder.write('a.env', 'A=1');
  const idWith = async (...also: string[]): Promise<string> =>
    (await folder.look(folder.spec(), ...also)).code.id;
  const first = await idWith('a.env');
  expect(await idWith('b.env')).toBe(first);
  folder.write('a.env', 'A=2');
  folder.write('b.env', 'B=1');
  expect(await idWith('b.env')).toBe(first);
  expect(await idWith()).toBe(first);

  folder.write('c.env', 'C=1');
  const written = await idWith();
  expect(written).not.toBe(first);
  expect(await idWith('c.env')).toBe(first);
  folder.write('server.js', 'two');
  const second = await idWith('c.env');
  expect([first, written]).not.toContain(second);
  folder.write('server.js', 'one');
  expect(await idWith()).toBe(first);
});

test('a file that was code and is read by cluster-up from now on changes none either', async () => {
  const folder = new Folder();
  folder.write('a.env', 'A=1');
  const first = await folder.id();
  expect((await folder.look(folder.spec(), 'a.env')).code.id).toBe(first);
  folder.write('server.js', 'two');
  expect((await folder.look(folder.spec(), 'a.env')).code.id).not.toBe(first);
});
