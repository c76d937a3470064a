/** Which commit a branch or tag of a repository is now. */
import { suggest } from '../shared/suggest.ts';
import { isCommit, maskAddress } from '../shared/source-address.ts';
import { callGit, type Git } from './git-command.ts';
import { ReleaseError } from './release-error.ts';
import { revised, type Revised } from './release.ts';

/** For a list of branches and tags, in ms. */
const PATIENCE = 30_000;

const HEADS = 'refs/heads/';
const TAGS = 'refs/tags/';

/**
 * Asks the repository; null where it has no such branch or tag, and `ref` may be the beginning of a commit.
 *
 * @param ref null is the branch that the repository calls its own
 * @throws ReleaseError
 */
export async function resolveRef(git: Git, ref: string | null): Promise<Revised | null> {
  if (ref === null) return await headOf(git);
  if (isCommit(ref)) return revised(ref.toLowerCase(), null);
  const only = ref.startsWith('refs/') ? [ref, `${ref}^{}`] : [];
  const kinds = only.length > 0 ? [] : ['--heads', '--tags'];
  const lines = await callGit(git, {
    args: ['ls-remote', ...kinds, '--', git.address, ...only],
    limit: PATIENCE,
  });
  return pickRef(tableOf(lines), ref, git.address);
}

async function headOf(git: Git): Promise<Revised> {
  const lines = await callGit(git, {
    args: ['ls-remote', '--symref', '--', git.address, 'HEAD'],
    limit: PATIENCE,
  });
  const commit = tableOf(lines).get('HEAD');
  if (commit === undefined) {
    const message = `${maskAddress(git.address)} has no commit on its own branch yet. Name another one with \`source.ref\`.`;
    throw new ReleaseError(message);
  }
  const branch = lines.flatMap((line) => /^ref: refs\/heads\/(.*)\tHEAD$/.exec(line)?.[1] ?? [])[0];
  return revised(commit, branch ?? null);
}

/** Commits by the whole names of what leads to them; that of a tag with a message is what it is put on. */
function tableOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const line of lines) {
    const [commit = '', name = ''] = line.split('\t');
    if (!/^[\da-f]{40,64}$/.test(commit)) continue;
    // It comes after the tag itself.
    table.set(name.replace(/\^\{\}$/, ''), commit);
  }
  return table;
}

function pickRef(table: ReadonlyMap<string, string>, ref: string, address: string): Revised | null {
  const names = ref.startsWith('refs/') ? [ref] : [HEADS + ref, TAGS + ref];
  const found = names.flatMap((name) => {
    const commit = table.get(name);
    return commit === undefined ? [] : [{ name, commit }];
  });
  const [first, second] = found;
  if (first !== undefined && second !== undefined) {
    const choice = `Write \`${first.name}\` or \`${second.name}\``;
    throw new ReleaseError(`\`${ref}\` of ${maskAddress(address)} is a branch and a tag. ${choice}.`);
  }
  if (first !== undefined) return revised(first.commit, shortName(first.name));
  if (/^[\da-f]{4,40}$/i.test(ref)) return null;
  const near = suggest(shortName(ref), new Set([...table.keys()].map(shortName)));
  const hint = near === null ? 'Check `source.ref`.' : `Did you mean \`${near}\`?`;
  throw new ReleaseError(`${maskAddress(address)} has no branch or tag \`${ref}\`. ${hint}`);
}

function shortName(name: string): string {
  return name.replace(/^refs\/(heads|tags)\//, '');
}
