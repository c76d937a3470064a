/** `source.git`: which commit a ref is, and the release of it. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  commit,
  ENV,
  everything,
  failure,
  fromGit,
  git,
  prepared,
  releasesIn,
  repository,
  scene,
} from './support.ts';

describe('which commit is meant', () => {
  test('branch, tag, tag with a message, whole names, commits, and none', async () => {
    const folder = scene();
    const repo = repository(folder);
    const first = git(repo, 'rev-parse', 'HEAD');
    git(repo, 'tag', 'v1');
    git(repo, 'tag', '--annotate', '--message', 'm', 'v1.1');
    const second = commit(repo, { 'a.txt': '2' });
    const releases = releasesIn(folder);
    const what = async (ref: string | null): Promise<unknown> => {
      const { id, version, label } = await releases.resolve(fromGit(repo, ref));
      expect(id).toBe(version.slice(0, 8));
      return [version, label];
    };
    expect(await what(null)).toEqual([second, 'main']);
    expect(await what('main')).toEqual([second, 'main']);
    expect(await what('v1')).toEqual([first, 'v1']);
    expect(await what('v1.1')).toEqual([first, 'v1.1']);
    expect(await what('refs/tags/v1.1')).toEqual([first, 'v1.1']);
    expect(await what('refs/heads/main')).toEqual([second, 'main']);
    expect(await what(first)).toEqual([first, null]);
    expect(await what(first.slice(0, 7))).toEqual([first, null]);
    expect(await releasesIn(folder).resolve(fromGit(`file://${repo}`))).toMatchObject({ version: second });
  });

  test('what is a branch and a tag has to be said', async () => {
    const folder = scene();
    const repo = repository(folder);
    git(repo, 'branch', 'v2');
    const later = commit(repo, { 'a.txt': '2' });
    git(repo, 'tag', 'v2');
    const releases = releasesIn(folder);
    expect((await failure(releases.resolve(fromGit(repo, 'v2')))).message).toBe(
      `\`v2\` of ${repo} is a branch and a tag. Write \`refs/heads/v2\` or \`refs/tags/v2\`.`,
    );
    expect((await releases.resolve(fromGit(repo, 'refs/tags/v2'))).version).toBe(later);
    expect((await releases.resolve(fromGit(repo, 'refs/heads/v2'))).version).not.toBe(later);
  });

  test('what there is not', async () => {
    const folder = scene();
    const repo = repository(folder);
    const releases = releasesIn(folder);
    const said = async (address: string, ref: string | null = null): Promise<string> =>
      (await failure(releases.resolve(fromGit(address, ref)))).message;
    expect(await said(repo, 'mian')).toBe(`${repo} has no branch or tag \`mian\`. Did you mean \`main\`?`);
    expect(await said(repo, 'elsewhere')).toBe(
      `${repo} has no branch or tag \`elsewhere\`. Check \`source.ref\`.`,
    );
    expect(await said(repo, 'abc1234')).toBe(
      `${repo} has no branch, tag or commit \`abc1234\`. Check \`source.ref\`; a branch may have been moved by force.`,
    );
    expect(await said(path.join(folder, 'nowhere'))).toBe(
      `There is no git repository at ${folder}/nowhere. Check the path.`,
    );
    expect(await said('ext::sh -c touch% /tmp/never')).toMatch(/is no address that is read\./);
    expect(await said('--upload-pack=touch /tmp/never')).toMatch(
      /There is no git repository at|is no address/,
    );
  });

  test('who does not answer, with the secret of its address masked', async () => {
    const releases = releasesIn(scene());
    const address = 'http://user:t0ken123@127.0.0.1:9/shop.git';
    const { message } = await failure(releases.resolve(fromGit(address)));
    expect(message).toMatch(
      /^http:\/\/\*\*\*@127\.0\.0\.1:9\/shop\.git does not answer: .*\. Check the address and the network\.$/,
    );
    expect(message).not.toMatch(/t0ken123|user/);
  });

  test('where git is not installed', async () => {
    const folder = scene();
    const { message } = await failure(releasesIn(folder, { PATH: folder }).resolve(fromGit('/srv/shop.git')));
    expect(message).toBe(
      'There is no `git` in PATH. Install it, or take the code from `archive` or `folder`.',
    );
  });

  test('an empty repository', async () => {
    const folder = scene();
    git(folder, 'init', '--quiet', '--bare', 'empty.git');
    const { message } = await failure(releasesIn(folder).resolve(fromGit(path.join(folder, 'empty.git'))));
    expect(message).toMatch(/has no commit on its own branch yet\. Name another one with `source\.ref`\.$/);
  });
});

describe('the release', () => {
  test('has what the commit has, and is made once', async () => {
    const folder = scene();
    const repo = repository(folder, {
      'a.txt': '1',
      'lib/b.txt': '2',
      '.gitattributes': 'a.txt export-ignore',
    });
    const releases = releasesIn(folder);
    const source = fromGit(repo);
    const release = await prepared(releases, source);
    expect(everything(release.folder)).toEqual(['.gitattributes', 'a.txt', 'lib/', 'lib/b.txt']);
    expect(release).toMatchObject({ id: git(repo, 'rev-parse', 'HEAD').slice(0, 8), label: 'main' });
    expect(path.basename(release.folder)).toBe(release.id);
    expect(statSync(release.folder).mode & 0o777).toBe(0o700);
    expect(await prepared(releases, source)).toEqual(release);
    expect(releases.list(source)).toEqual([release]);
    expect(releasesIn(folder).find(source, release.id)).toEqual(release);
  });

  test('needs no repository once it is there', async () => {
    const folder = scene();
    const repo = repository(folder);
    const releases = releasesIn(folder);
    const first = await prepared(releases, fromGit(repo));
    commit(repo, { 'a.txt': '2' });
    await prepared(releases, fromGit(repo));
    const gone = fromGit(repo, first.version);
    git(folder, 'init', '--quiet', '--bare', 'other.git');
    expect(await releases.prepare(gone, first, { env: ENV, log: () => {} })).toEqual(first);
    expect(readFileSync(path.join(first.folder, 'a.txt'), 'utf8')).toBe('1');
  });

  test('a branch that was moved by force', async () => {
    const folder = scene();
    const repo = repository(folder);
    const releases = releasesIn(folder);
    const before = await prepared(releases, fromGit(repo));
    commit(repo, { 'a.txt': 'rewritten' }, '--amend');
    git(repo, 'reflog', 'expire', '--expire=now', '--all');
    git(repo, 'gc', '--quiet', '--prune=now');
    const after = await prepared(releases, fromGit(repo));
    expect(after.id).not.toBe(before.id);
    expect(readFileSync(path.join(after.folder, 'a.txt'), 'utf8')).toBe('rewritten');
    expect(existsSync(path.join(before.folder, 'a.txt'))).toBe(true);
    expect((await failure(prepared(releases, fromGit(repo, 'f'.repeat(40))))).message).toMatch(
      /has no branch, tag or commit/,
    );
  });

  test('says that submodules and files in LFS are not fetched', async () => {
    const folder = scene();
    const repo = repository(folder, {
      '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ../x\n',
      '.gitattributes': '*.bin filter=lfs\n',
    });
    const lines: string[] = [];
    await prepared(releasesIn(folder), fromGit(repo), { log: (line) => lines.push(line) });
    expect(lines).toEqual([
      'The repository has submodules, which are not fetched: their folders are empty.',
      'The repository has files in Git LFS, which are not fetched: they are pointers.',
    ]);
  });

  test('from within a hook of git, which names another repository', async () => {
    const folder = scene();
    const repo = repository(folder);
    const env = { ...ENV, GIT_DIR: '/nonexistent', GIT_INDEX_FILE: '/nonexistent/index' };
    const release = await prepared(releasesIn(folder, env), fromGit(repo));
    expect(everything(release.folder)).toEqual(['a.txt']);
  });

  test('a fetch that was killed in the middle is begun anew', async () => {
    const folder = scene();
    const repo = repository(folder);
    const releases = releasesIn(folder);
    await prepared(releases, fromGit(repo));
    const [mirror = ''] = everything(path.join(folder, 'releases/mirrors'));
    const at = path.join(folder, 'releases/mirrors', mirror);
    // As it leaves things: a lock, and half a repository.
    writeFileSync(path.join(at, 'git.busy'), '');
    writeFileSync(path.join(at, 'git/HEAD'), 'nonsense');
    commit(repo, { 'a.txt': '2' });
    const release = await prepared(releases, fromGit(repo));
    expect(readFileSync(path.join(release.folder, 'a.txt'), 'utf8')).toBe('2');
    expect(existsSync(path.join(at, 'git.busy'))).toBe(false);
  });
});
