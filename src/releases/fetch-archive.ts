/** An archive, copied before it is looked at: what is unpacked is what has the sum. */
import { createHash } from 'node:crypto';
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SourceOrigin } from '../model/source.ts';
import { isPath, maskAddress, maskAddressIn } from '../shared/source-address.ts';
import { messageOf } from '../model/text.ts';
import { Aborted, inWords, ReleaseError } from './release-error.ts';

export type ArchiveOrigin = Extract<SourceOrigin, { kind: 'archive' }>;

/** For a download, in ms. */
const PATIENCE = 600_000;

/** @throws ReleaseError */
export async function fetchArchive(origin: ArchiveOrigin, into: string, signal: AbortSignal): Promise<void> {
  const { address, sha256 } = origin;
  if (isPath(address)) {
    await copyFile(address, into, constants.COPYFILE_FICLONE).catch((error: unknown) => {
      throw inWords(error, `Reading the archive ${address}`);
    });
  } else await download(address, into, signal);
  const sum = await sumOf(into);
  if (sum === sha256) return;
  throw new ReleaseError(
    `${archiveName(origin)} is another archive than the one that is meant: its sum is ${sum}. Check it, and write that into \`source.sha256\` if it is right.`,
  );
}

/** What it is called in messages. */
export function archiveName({ address }: ArchiveOrigin): string {
  return path.basename(isPath(address) ? address : maskAddress(address).replace(/\?.*$/s, ''));
}

async function download(address: string, into: string, signal: AbortSignal): Promise<void> {
  const shown = maskAddress(address);
  if (!/^https?:\/\//i.test(address))
    throw new ReleaseError(`${shown} is no address that is read. Write a path or an https address.`);
  try {
    const { url, headers } = withoutUser(address);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
    const { ok, status, body } = await fetch(url, { headers, signal: limit });
    if (!ok || body === null)
      throw new ReleaseError(`${shown} answered with ${status}. Check the address, and who may read it.`);
    await pipeline(Readable.fromWeb(body), createWriteStream(into), { signal: limit });
  } catch (error) {
    if (signal.aborted) throw new Aborted();
    const { code, cause } = error as NodeJS.ErrnoException;
    if (error instanceof ReleaseError || code === 'ENOSPC') throw inWords(error, `Fetching ${shown}`);
    const reason = maskAddressIn(messageOf(cause ?? error), address);
    throw new ReleaseError(`${shown} does not answer: ${reason}. Check the address and the network.`);
  }
}

/** `fetch` takes no user in an address. */
function withoutUser(address: string): { readonly url: URL; readonly headers: Record<string, string> } {
  const url = new URL(address);
  const { username, password } = url;
  if (username === '' && password === '') return { url, headers: {} };
  const who = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  url.username = '';
  url.password = '';
  return { url, headers: { authorization: `Basic ${Buffer.from(who).toString('base64')}` } };
}

async function sumOf(file: string): Promise<string> {
  const sum = createHash('sha256');
  await pipeline(createReadStream(file), sum);
  return sum.digest('hex');
}
