/** Releases: built once, kept, and never half there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ReleaseError } from '../../src/releases/release-error.ts';
import { releasesFolder } from '../../src/releases/root-folder.ts';
import { ReleaseStore } from '../../src/releases/release-store.ts';
import { sourceKey } from '../../src/releases/releases.ts';
import {
  commit,
  ENV,
  everything,
  failure,
  fromGit,
  prepared,
  releasesIn,
  repository,
  scene,
} from './support.ts';

describe('the build', () => {
  test('runs where the release will be, with its environment and nothing else, and is heard', async () => {
    const folder = scene();
    const repo = repository(folder);
    const lines: string[] = [];
    const build = [
      'pwd > where',
      'env | grep -v "^_=\\|^PWD=\\|^SHLVL=\\|^OLDPWD=" > env',
      'echo out; echo err >&2',
    ];
    const env = { PATH: ENV['PATH'] ?? '', A: '1' };
    const release = await prepared(releasesIn(folder), fromGit(repo, null, { build }), {
      env,
      log: (line) => lines.push(line),
    });
    const read = (name: string): string => readFileSync(path.join(release.folder, name), 'utf8');
    expect(read('where').trim()).toBe(release.folder);
    expect(read('env').trim().split('\n').sort()).toEqual([`A=1`, `PATH=${env.PATH}`]);
    expect(lines.slice(-3).sort()).toEqual(['$ echo out; echo err >&2', 'err', 'out']);
    expect(readFileSync(`${release.folder}.log`, 'utf8').trim().split('\n')).toEqual(lines);
  });

  test('shows no secret in what it prints', async () => {
    const folder = scene();
    const lines: string[] = [];
    const source = fromGit(repository(folder), null, { build: ['echo "token is $API_TOKEN"'] });
    const env = { ...ENV, API_TOKEN: 'abcdef123456' };
    const release = await prepared(releasesIn(folder), source, { env, log: (line) => lines.push(line) });
    expect(lines).toContain('token is ***');
    expect(readFileSync(`${release.folder}.log`, 'utf8')).toContain('token is ***');
  });

  test('that fails leaves nothing, and says what it said last, without secrets', async () => {
    const folder = scene();
    const repo = repository(folder);
    const build = ['seq 1 30', 'echo "token is $API_TOKEN"; exit 3', 'touch never'];
    const source = fromGit(repo, null, { build });
    const releases = releasesIn(folder);
    const error = await failure(prepared(releases, source, { env: { ...ENV, API_TOKEN: 'abcdef123456' } }));
    expect(error).toBeInstanceOf(ReleaseError);
    expect(error.message).toBe(
      'The build failed: `echo "token is $API_TOKEN"; exit 3` exited with code 3. Nothing was touched; mend it, and try again.',
    );
    expect((error as ReleaseError).last).toEqual(['token is ***']);
    expect(everything(path.join(folder, 'releases', sourceKey(source)))).toEqual([]);
    expect(releases.list(source)).toEqual([]);
  });

  test('that never ends is ended with all that it started', async () => {
    const folder = scene();
    const repo = repository(folder);
    const pids = path.join(folder, 'pids');
    const build = [`sleep 1000 & echo $! > ${pids}; setsid sleep 1000 & echo $! >> ${pids}; wait`];
    const error = await failure(
      prepared(releasesIn(folder), fromGit(repo, null, { build, buildTimeout: 300 })),
    );
    expect(error.message).toMatch(/^The build was not done within 300 ms and was ended in `.*`\. Raise/);
    for (const pid of readFileSync(pids, 'utf8').trim().split('\n')) {
      expect(
        existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0],
      ).toSatisfy((state) => state === false || state === 'Z');
    }
  });

  test('that waits for input gets none', async () => {
    const folder = scene();
    const repo = repository(folder);
    const build = ['read answer || echo nobody', 'echo x > /dev/tty || exit 4'];
    const error = await failure(prepared(releasesIn(folder), fromGit(repo, null, { build })));
    expect(error.message).toMatch(/exited with code 4/);
  });

  test('on a full disk', async () => {
    const folder = scene();
    const repo = repository(folder);
    const build = ['cat a.txt > /dev/full'];
    const error = await failure(prepared(releasesIn(folder), fromGit(repo, null, { build })));
    expect(error.message).toBe(
      'Building with `cat a.txt > /dev/full` failed: there is no space left on the disk. Make room there, or lower `source.keep`.',
    );
  });

  test('another build of the same commit is another release', async () => {
    const folder = scene();
    const repo = repository(folder);
    const releases = releasesIn(folder);
    const one = await prepared(releases, fromGit(repo, null, { build: ['echo 1 > built'] }));
    const two = await prepared(releases, fromGit(repo, null, { build: ['echo 2 > built'] }));
    expect(two.id).toBe(one.id);
    expect(readFileSync(path.join(one.folder, 'built'), 'utf8')).toBe('1\n');
    expect(readFileSync(path.join(two.folder, 'built'), 'utf8')).toBe('2\n');
  });
});

/** Resolves once it has said `begun`, with its end to be waited for. */
async function begun<T>(work: (log: (line: string) => void) => Promise<T>): Promise<[Promise<T>]> {
  let hear = (): void => {};
  const heard = new Promise<void>((resolve) => (hear = resolve));
  const end = work((line) => {
    if (line === 'begun') hear();
  });
  await heard;
  return [end];
}

describe('two at once', () => {
  const build = ['echo built >> "$COUNT"', 'echo done'];

  test('of one supervisor share one run, and both hear it', async () => {
    const folder = scene();
    const env = { ...ENV, COUNT: path.join(folder, 'count') };
    const source = fromGit(repository(folder), null, { build });
    const releases = releasesIn(folder);
    const [a, b]: string[][] = [[], []];
    const both = await Promise.all(
      [a, b].map((lines) => prepared(releases, source, { env, log: (line) => lines?.push(line) })),
    );
    expect(both[0]).toEqual(both[1]);
    expect(readFileSync(env.COUNT, 'utf8')).toBe('built\n');
    expect([a?.at(-1), b?.at(-1)]).toEqual(['done', 'done']);
  });

  test('of two supervisors wait for each other', async () => {
    const folder = scene();
    const env = { ...ENV, COUNT: path.join(folder, 'count') };
    const source = fromGit(repository(folder), null, { build });
    const both = await Promise.all([1, 2].map(() => prepared(releasesIn(folder), source, { env })));
    expect(both[0]?.folder).toBe(both[1]?.folder);
    expect(readFileSync(env.COUNT, 'utf8')).toBe('built\n');
  });

  test('who gives up leaves the other alone, and who is last ends it', async () => {
    const folder = scene();
    const source = fromGit(repository(folder), null, {
      build: ['echo begun; while [ ! -e "$GO" ]; do sleep 0.02; done'],
    });
    const env = { ...ENV, GO: path.join(folder, 'go') };
    const releases = releasesIn(folder);
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    const one = failure(prepared(releases, source, { env, signal: first.signal }));
    const [two] = await begun((log) => prepared(releases, source, { env, signal: second.signal, log }));
    first.abort();
    expect((await one).message).toBe('It was ended before it was done.');
    writeFileSync(env.GO, '');
    expect(existsSync((await two).folder)).toBe(true);

    const other = { ...source, build: ['echo begun; sleep 1000'] };
    const [last] = await begun((log) => failure(prepared(releases, other, { signal: third.signal, log })));
    third.abort();
    expect((await last).message).toBe('It was ended before it was done.');
    expect(everything(path.join(folder, 'releases', sourceKey(other)))).toEqual([]);
  });
});

test('who was killed in the middle left what is no release, and it is cleared away', async () => {
  const folder = scene();
  const source = fromGit(repository(folder));
  const releases = releasesIn(folder);
  const what = await releases.resolve(source);
  const at = path.join(folder, 'releases', sourceKey(source));
  for (const name of ['.new-abc/half', what.id, 'deadbeef'])
    mkdirSync(path.join(at, name), { recursive: true });
  writeFileSync(path.join(at, `${what.id}.json.new`), '{"ver');
  expect([releases.find(source, what.id), releases.list(source)]).toEqual([null, []]);
  const release = await prepared(releases, source);
  expect(everything(at)).toEqual([`${what.id}.json`, `${what.id}.log`, `${what.id}/`, `${what.id}/a.txt`]);
  writeFileSync(path.join(at, `${what.id}.json`), 'nonsense');
  expect(releases.find(source, what.id)).toBeNull();
  expect((await prepared(releases, source)).folder).toBe(release.folder);
});

test('of five releases, two and those in use are kept', async () => {
  const folder = scene();
  const repo = repository(folder);
  const source = fromGit(repo, null, { keep: 2 });
  const releases = releasesIn(folder);
  const all = [await prepared(releases, source)];
  for (let i = 2; i <= 5; i++) {
    commit(repo, { 'a.txt': String(i) });
    all.unshift(await prepared(releases, source));
  }
  expect(releases.list(source)).toEqual(all);
  const [, , , used] = all;
  expect(await releases.prune([source], ({ id }) => id === used?.id)).toEqual([all[2], all[4]]);
  expect(releases.list(source)).toEqual([all[0], all[1], used]);
  expect(all.map((release) => existsSync(release.folder))).toEqual([true, true, false, true, false]);
});

test('of a source that is no longer named, only what is in use stays', async () => {
  const folder = scene();
  const repo = repository(folder);
  const before = fromGit(repo, null, { build: ['true'] });
  const after = fromGit(repo);
  const releases = releasesIn(folder);
  const [old, now] = [await prepared(releases, before), await prepared(releases, after)];
  const root = path.join(folder, 'releases');
  expect(await releases.prune([after], ({ folder: at }) => at === old.folder)).toEqual([]);
  expect(await releases.prune([after], () => false)).toEqual([old]);
  expect(readdirSync(root).sort()).toEqual([sourceKey(after), 'mirrors'].sort());
  expect(await releases.prune([], () => false)).toEqual([now]);
  expect(everything(root)).toEqual(['mirrors/']);
});

test('a build that outlived its supervisor is ended before the next one begins', async () => {
  const folder = scene();
  const source = fromGit(repository(folder));
  const releases = releasesIn(folder);
  const what = await releases.resolve(source);
  const store = new ReleaseStore(path.join(folder, 'releases', sourceKey(source)));
  mkdirSync(store.folderOf(what.id), { recursive: true });
  const build = spawn('/bin/sh', ['-c', 'sleep 1000 & wait'], { detached: true, stdio: 'ignore' });
  const gone = once(build, 'exit');
  store.noteBuilder(what.id, build.pid ?? 0);
  await prepared(releases, source);
  expect(await gone).toEqual([null, 'SIGKILL']);
  expect(everything(store.folder)).toEqual([
    `${what.id}.json`,
    `${what.id}.log`,
    `${what.id}/`,
    `${what.id}/a.txt`,
  ]);
});

test.runIf(process.getuid?.() === 0)('another user gets its own release, and can get to it', async () => {
  const folder = scene();
  const user = { uid: 65_534, gid: 65_534 };
  const source = fromGit(repository(folder), null, { user, build: ['id -u > who; cat a.txt'] });
  const releases = releasesIn(folder);
  expect((await failure(prepared(releases, source))).message).toBe(
    `The app's user 65534 cannot enter ${folder}, below which releases are. Set CLUSTER_UP_HOME to a folder that it may pass through.`,
  );
  chmodSync(folder, 0o711);
  const release = await prepared(releases, source);
  expect(readFileSync(path.join(release.folder, 'who'), 'utf8')).toBe('65534\n');
  expect(statSync(release.folder)).toMatchObject({ uid: 65_534, gid: 65_534, mode: 0o40_700 });
  const cat = spawn('cat', [path.join(release.folder, 'a.txt')], { uid: 65_534, gid: 65_534 });
  expect(await once(cat, 'exit')).toEqual([0, null]);
});

test('where releases are', () => {
  const at = (env: NodeJS.ProcessEnv, uid: number): string =>
    path.dirname(releasesFolder('/srv/ecosystem.yml', env, uid));
  expect(at({ CLUSTER_UP_HOME: '/x', HOME: '/home/a' }, 1000)).toBe('/x/releases');
  expect(at({ HOME: '/root' }, 0)).toBe('/var/lib/cluster-up/releases');
  expect(at({ HOME: '/home/a' }, 1000)).toBe('/home/a/.local/state/cluster-up/releases');
  expect(at({ HOME: '/home/a', XDG_STATE_HOME: '/s' }, 1000)).toBe('/s/cluster-up/releases');
});

test('a root that cannot be made', async () => {
  const folder = scene();
  const source = fromGit(repository(folder));
  writeFileSync(path.join(folder, 'releases'), '');
  const releases = releasesIn(folder);
  const what = await releases.resolve(source);
  const work = (): Promise<unknown> => releases.prepare(source, what, { env: ENV, log: () => {} });
  expect((await failure(work())).message).toMatch(/^Preparing release \w{8} failed: /);
  const short = { ...source, origin: { ...source.origin, ref: what.id } };
  expect((await failure(releases.resolve(short))).message).toMatch(/^Looking for the release failed: /);
  rmSync(path.join(folder, 'releases'));
  expect(await work()).toMatchObject(what);
});
