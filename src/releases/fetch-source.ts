/** From a source to what is in it, for each kind of origin. */
import path from 'node:path';
import type { SourceOrigin } from '../model/source.ts';
import { sha256 } from '../shared/revision.ts';
import { archiveName, fetchArchive } from './fetch-archive.ts';
import { copyFolder, digestOf } from './folder-copy.ts';
import type { Git } from './git-command.ts';
import { Mirror, MIRRORS } from './mirror.ts';
import { inTurn } from './own-turn.ts';
import { inWords, ReleaseError } from './release-error.ts';
import { revised, type Revised } from './release.ts';
import { resolveRef } from './remote-refs.ts';
import { unpack } from './unpack.ts';

type GitOrigin = Extract<SourceOrigin, { kind: 'git' }>;

interface Asking {
  /** Where all releases are. */
  readonly root: string;
  readonly env: Git['env'];
  readonly signal: AbortSignal;
}

interface Fetching extends Asking {
  readonly log: (line: string) => void;
}

/** What would be fetched now. @throws ReleaseError */
export async function resolveSource(origin: SourceOrigin, asking: Asking): Promise<Revised> {
  const { env, signal } = asking;
  if (origin.kind === 'archive') return revised(origin.sha256, archiveName(origin));
  if (origin.kind === 'folder') return revised(await digested(origin.path, signal), null);
  const { address, ref } = origin;
  const found = await resolveRef({ env, signal, address }, ref);
  // The beginning of a commit, of which only a mirror knows the rest.
  return found ?? revised(await inMirror(origin, asking, (mirror) => mirror.commit(ref ?? '')), null);
}

/** @param into is there and empty @throws ReleaseError; what the system says */
export async function fetchSource(
  origin: SourceOrigin,
  what: Revised,
  into: string,
  fetching: Fetching,
): Promise<void> {
  const { log, signal } = fetching;
  if (origin.kind === 'git') {
    await inMirror(origin, fetching, async (mirror) => {
      await mirror.commit(what.version);
      await mirror.checkOut(what.version, into, log);
    });
  } else if (origin.kind === 'archive') {
    const archive = `${into}.archive`;
    await fetchArchive(origin, archive, signal);
    await unpack(archive, archiveName(origin), into);
  } else await copied(origin.path, what, into, fetching);
}

/** What its mirror is called; null where it needs none. */
export function mirrorKey(origin: SourceOrigin): string | null {
  return origin.kind === 'git' ? sha256(origin.address).slice(0, 16) : null;
}

/** Nobody else uses the mirror meanwhile. */
async function inMirror<T>(
  origin: GitOrigin,
  { root, env, signal }: Asking,
  work: (mirror: Mirror) => Promise<T>,
): Promise<T> {
  const folder = path.join(root, MIRRORS, mirrorKey(origin) ?? '');
  const git = { env, address: origin.address, signal };
  return await inTurn(folder, signal, () => work(new Mirror(path.join(folder, 'git'), git)));
}

async function copied(
  folder: string,
  what: Revised,
  into: string,
  { root, signal }: Fetching,
): Promise<void> {
  if (root === folder || root.startsWith(`${folder}/`)) {
    const message = `The folder ${folder} holds the releases themselves (${root}), so it cannot be one.`;
    throw new ReleaseError(`${message} Name a folder in it with \`source.folder\`, or set CLUSTER_UP_HOME.`);
  }
  await copyFolder(folder, into, signal).catch((error: unknown) => {
    throw inWords(error, `Copying ${folder}`);
  });
  if ((await digested(into, signal)) === what.version) return;
  throw new ReleaseError(`The folder ${folder} was changed while it was copied. Try again once it is quiet.`);
}

async function digested(folder: string, signal: AbortSignal): Promise<string> {
  return await digestOf(folder, signal).catch((error: unknown) => {
    throw inWords(error, `Reading the folder ${folder}`);
  });
}
