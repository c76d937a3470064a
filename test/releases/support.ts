/** Repositories, archives and releases in a temporary folder. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { SourceOrigin, SourceSpec } from '../../src/model/source.ts';
import { Releases, type Preparation } from '../../src/releases/releases.ts';
import type { Release } from '../../src/releases/release.ts';

export const ENV: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '',
  // No configuration of whoever runs the tests.
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
};

/** Ends with the test. */
export function scene(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-releases-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function put(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
}

/** What git prints, in a repository. */
export function git(folder: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', [...who, ...args], {
    cwd: folder,
    env: ENV,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

/** A repository with one commit; answers its folder. */
export function repository(
  folder: string,
  files: Readonly<Record<string, string>> = { 'a.txt': '1' },
): string {
  const shop = path.join(folder, 'shop');
  mkdirSync(shop);
  git(shop, 'init', '--quiet');
  commit(shop, files);
  return shop;
}

/** Answers the new commit. */
export function commit(
  repo: string,
  files: Readonly<Record<string, string>>,
  ...how: readonly string[]
): string {
  put(repo, files);
  git(repo, 'add', '--all');
  git(repo, 'commit', '--quiet', '--message', 'c', ...how);
  return git(repo, 'rev-parse', 'HEAD');
}

/** A tar file of what is in a folder; answers its sum. */
export function tar(folder: string, file: string, ...args: readonly string[]): string {
  execFileSync('tar', ['-C', folder, '-cf', file, ...(args.length > 0 ? args : ['.'])], { stdio: 'pipe' });
  return sumOf(file);
}

export function sumOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

export function sourceOf(origin: SourceOrigin, more: Partial<SourceSpec> = {}): SourceSpec {
  return { origin, build: [], buildTimeout: 20_000, poll: null, keep: 5, user: null, ...more };
}

export function fromGit(
  address: string,
  ref: string | null = null,
  more: Partial<SourceSpec> = {},
): SourceSpec {
  return sourceOf({ kind: 'git', address, ref }, more);
}

export function releasesIn(folder: string, env: Readonly<Record<string, string>> = ENV): Releases {
  let clock = 1000;
  return new Releases({ root: path.join(folder, 'releases'), env, now: () => clock++ });
}

/** Resolved and prepared; `lines` gets what is logged. */
export async function prepared(
  releases: Releases,
  source: SourceSpec,
  more: Partial<Preparation> = {},
): Promise<Release> {
  return await releases.prepare(source, await releases.resolve(source), { env: ENV, log: () => {}, ...more });
}

/** The error that it ends with. */
export async function failure(work: Promise<unknown>): Promise<Error> {
  return await work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error as Error,
  );
}

/** All that is in a folder, at any depth, by name; folders end with a slash. */
export function everything(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .map((entry) => {
      const name = path.relative(folder, path.join(entry.parentPath, entry.name));
      return entry.isDirectory() ? `${name}/` : name;
    })
    .sort();
}
