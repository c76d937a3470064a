/** A folder as a release: what is in it, as one number and as a copy; `.git` is no part of it. */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Aborted } from './release-error.ts';

interface Part {
  /** Relative to the folder. */
  readonly name: string;
  readonly type: 'file' | 'folder' | 'link';
  readonly executable: boolean;
}

/** SHA-256 of the names and contents of all that is in it; never of times. */
export async function digestOf(folder: string, signal?: AbortSignal): Promise<string> {
  const whole = createHash('sha256');
  for await (const { name, type, executable } of parts(folder, '', signal)) {
    const file = path.join(folder, name);
    const content = type === 'file' ? await sumOf(file) : type === 'link' ? await readlink(file) : '';
    whole.update(JSON.stringify([name, type, executable, content]));
  }
  return whole.digest('hex');
}

/** With reflinks where the file system has them; `into` is there and empty. */
export async function copyFolder(folder: string, into: string, signal?: AbortSignal): Promise<void> {
  for await (const { name, type } of parts(folder, '', signal)) {
    const [from, to] = [path.join(folder, name), path.join(into, name)];
    if (type === 'folder') await mkdir(to);
    else if (type === 'link') await symlink(await readlink(from), to);
    else await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}

/** Folders before what is in them, by name; sockets, pipes and devices are left out. */
async function* parts(folder: string, below: string, signal?: AbortSignal): AsyncGenerator<Part> {
  const entries = await readdir(path.join(folder, below), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (signal?.aborted === true) throw new Aborted();
    if (entry.name === '.git') continue;
    const name = path.join(below, entry.name);
    if (entry.isSymbolicLink()) yield { name, type: 'link', executable: false };
    else if (entry.isFile()) {
      const { mode } = await lstat(path.join(folder, name));
      yield { name, type: 'file', executable: (mode & 0o111) !== 0 };
    } else if (entry.isDirectory()) {
      yield { name, type: 'folder', executable: false };
      yield* parts(folder, name, signal);
    }
  }
}

async function sumOf(file: string): Promise<string> {
  const sum = createHash('sha256');
  await pipeline(createReadStream(file), sum);
  return sum.digest('hex');
}
