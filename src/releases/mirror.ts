/** What has been fetched of a repository: bare, without the address, and never needed to run anything. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { maskAddress } from '../shared/source-address.ts';
import { callGit, type Git } from './git-command.ts';
import { CutOff, ReleaseError } from './release-error.ts';

/** Where they are, among the releases. */
export const MIRRORS = 'mirrors';

/** For all of a repository, in ms. */
const PATIENCE = 600_000;

/** One at a time: whoever uses it holds its lease. */
export class Mirror {
  readonly #folder: string;
  readonly #git: Git;

  constructor(folder: string, git: Git) {
    this.#folder = folder;
    this.#git = git;
  }

  /** The whole name of a commit, fetched if need be. @throws ReleaseError where there is none */
  async commit(name: string): Promise<string> {
    const known = await this.#known(name);
    if (known !== null) return known;
    await this.#fetch(['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']);
    const fetched = await this.#known(name);
    if (fetched !== null) return fetched;
    // No branch leads to it any more, and it may be there all the same.
    if (name.length === 40) await this.#fetch([name]).catch(() => {});
    const alone = await this.#known(name);
    if (alone !== null) return alone;
    const message = `${maskAddress(this.#git.address)} has no branch, tag or commit \`${name}\`.`;
    throw new ReleaseError(`${message} Check \`source.ref\`; a branch may have been moved by force.`);
  }

  /** Puts what is in the commit into a folder; what of it will be missing is said. */
  async checkOut(commit: string, into: string, say: (line: string) => void): Promise<void> {
    const index = `${into}.index`;
    await this.#call(['--work-tree', into, 'read-tree', '-u', '--reset', commit], {
      cwd: into,
      env: { GIT_INDEX_FILE: index },
    });
    await rm(index, { force: true });
    if (existsSync(path.join(into, '.gitmodules')))
      say('The repository has submodules, which are not fetched: their folders are empty.');
    const attributes = await readFile(path.join(into, '.gitattributes'), 'utf8').catch(() => '');
    if (attributes.includes('filter=lfs'))
      say('The repository has files in Git LFS, which are not fetched: they are pointers.');
  }

  async #known(name: string): Promise<string | null> {
    if (!existsSync(this.#folder)) return null;
    try {
      const [commit = ''] = await this.#call(['rev-parse', '--quiet', '--verify', `${name}^{commit}`]);
      return commit;
    } catch (error) {
      if (this.#git.signal?.aborted === true) throw error;
      return null;
    }
  }

  async #fetch(refs: readonly string[]): Promise<void> {
    // What was killed meanwhile may have left anything, locks among it.
    const busy = `${this.#folder}.busy`;
    if (existsSync(busy)) await rm(this.#folder, { recursive: true, force: true });
    await mkdir(path.dirname(this.#folder), { recursive: true, mode: 0o700 });
    await writeFile(busy, '');
    if (!existsSync(this.#folder))
      await callGit(this.#git, {
        args: ['init', '--quiet', '--bare', '--template=', this.#folder],
        limit: PATIENCE,
      });
    const options = ['--quiet', '--force', '--prune', '--no-tags', '--no-write-fetch-head'];
    try {
      await this.#call(['fetch', ...options, '--', this.#git.address, ...refs]);
    } catch (error) {
      if (!(error instanceof CutOff)) await rm(busy);
      throw error;
    }
    await rm(busy);
  }

  #call(
    args: readonly string[],
    more: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<readonly string[]> {
    return callGit(this.#git, { args: [`--git-dir=${this.#folder}`, ...args], limit: PATIENCE, ...more });
  }
}
