/** A tar file to a folder: all of it is looked at before anything of it is written. */
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, open, symlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ReleaseError } from './release-error.ts';
import { readMembers, type Member } from './tar-members.ts';

/** @param into is empty; what is refused leaves it so */
export async function unpack(archive: string, shown: string, into: string): Promise<void> {
  const tar = await plain(archive, shown);
  const file = await open(tar, 'r');
  try {
    const members = sound(await readMembers(file, shown), shown);
    for (const member of members) await write(file, member, into);
    // Nothing is written through a link: they come last.
    for (const { name, type, target } of members) {
      if (type === 'hard link') await link(path.join(into, target), path.join(into, name));
    }
    for (const { name, type, target } of members) {
      if (type === 'link') await symlink(target, path.join(into, name));
    }
  } finally {
    await file.close();
  }
}

const MAGIC: Readonly<Record<string, string>> = {
  '504b': 'zip',
  fd37: 'xz',
  '425a': 'bzip2',
  '28b5': 'zstd',
};

/** The archive itself, or beside it what is compressed in it. */
async function plain(archive: string, shown: string): Promise<string> {
  const file = await open(archive, 'r');
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0).finally(() => file.close());
  const magic = buffer.toString('hex');
  const other = MAGIC[magic];
  if (other !== undefined)
    throw new ReleaseError(`${shown} is compressed with ${other}. Make it a \`tar\` or \`tgz\`.`);
  if (magic !== '1f8b') return archive;
  const tar = `${archive}.tar`;
  try {
    await pipeline(createReadStream(archive), createGunzip(), createWriteStream(tar, { flags: 'wx' }));
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
    throw new ReleaseError(`${shown} is damaged: ${(error as Error).message}. Make it again.`);
  }
  return tar;
}

/** Of members with one name, the last counts. @throws ReleaseError where one is, or leads, outside */
function sound(members: readonly Member[], shown: string): readonly Member[] {
  const all = new Map<string, Member>();
  const refuse = (name: string, why: string): never => {
    throw new ReleaseError(
      `${shown} has \`${name}\` in it, which ${why}, so nothing of it was written. Make it without that.`,
    );
  };
  for (const member of members) {
    const inside = insideName(member.name);
    if (inside === null) return refuse(member.name, 'is outside of the folder');
    if (inside !== '.') all.set(inside, { ...member, name: inside });
  }
  for (const [name, { type, target }] of all) {
    for (let above = path.dirname(name); above !== '.'; above = path.dirname(above)) {
      const what = all.get(above)?.type ?? 'folder';
      if (what !== 'folder') refuse(name, `is below a ${what}`);
    }
    if (type === 'link' && !staysInside(name, target)) refuse(name, 'is a link out of the folder');
    const file = type === 'hard link' ? all.get(insideName(target) ?? '')?.type : 'file';
    if (file !== 'file') refuse(name, 'is a link to no file of the archive');
  }
  return [...all.values()];
}

/** Without `./` and doubled slashes; null where it is outside. */
function insideName(name: string): string | null {
  if (name === '' || name.startsWith('/') || name.split('/').includes('..') || name.includes('\0'))
    return null;
  return path.normalize(name).replace(/\/$/, '');
}

/** Up comes first and no further than to the top: behind a link, a `..` would begin elsewhere than it seems. */
function staysInside(name: string, target: string): boolean {
  if (target === '' || target.startsWith('/')) return false;
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const ups = steps.findIndex((step) => step !== '..');
  const up = ups < 0 ? steps.length : ups;
  return up <= name.split('/').length - 1 && !steps.slice(up).includes('..');
}

async function write(tar: FileHandle, member: Member, into: string): Promise<void> {
  const file = path.join(into, member.name);
  await mkdir(member.type === 'folder' ? file : path.dirname(file), { recursive: true });
  if (member.type !== 'file') return;
  const { start, size, executable } = member;
  const content =
    size === 0
      ? Readable.from([])
      : createReadStream('', { fd: tar.fd, start, end: start + size - 1, autoClose: false });
  await pipeline(content, createWriteStream(file, { flags: 'wx', mode: executable ? 0o755 : 0o644 }));
}
