/** What is in a tar file, as its headers say: nothing is written, and nothing is read but them. */
import type { FileHandle } from 'node:fs/promises';
import { ReleaseError } from './release-error.ts';

export interface Member {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'link' | 'hard link';
  /** Where a link leads. */
  readonly target: string;
  readonly executable: boolean;
  /** Where its content is in the tar file, in bytes. */
  readonly start: number;
  readonly size: number;
}

const BLOCK = 512;
/** Of a name or of the fields of one member, in bytes. */
const LONGEST = 1024 * 1024;
const TYPES: Readonly<Record<string, Member['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '5': 'folder',
  '2': 'link',
  '1': 'hard link',
};

/** @param shown what the archive is called in messages */
export async function readMembers(file: FileHandle, shown: string): Promise<readonly Member[]> {
  const members: Member[] = [];
  const { size: end } = await file.stat();
  let extra: Readonly<Record<string, string>> = {};
  for (let at = 0; at < end;) {
    const header = await bytesAt(file, at, BLOCK, shown);
    if (header.every((byte) => byte === 0)) break;
    const type = checked(header, shown);
    const declared = extra['size'] === undefined ? numberIn(header, 124, 12) : Number(extra['size']);
    const size = 'xgLK'.includes(type) ? numberIn(header, 124, 12) : declared;
    const start = at + BLOCK;
    if (!Number.isSafeInteger(size) || size < 0 || start + size > end) throw broken(shown);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    if ('xgLK'.includes(type)) {
      if (size > LONGEST) throw broken(shown);
      // What is said of all members is a comment of git's, and no name.
      if (type !== 'g') extra = { ...extra, ...fieldsOf(type, await bytesAt(file, start, size, shown)) };
      continue;
    }
    members.push(memberOf(header, type, extra, { start, size, shown }));
    extra = {};
  }
  return members;
}

async function bytesAt(file: FileHandle, at: number, length: number, shown: string): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at);
  if (bytesRead < length) throw broken(shown);
  return buffer;
}

function broken(shown: string): ReleaseError {
  return new ReleaseError(`${shown} is no whole tar file. Make it with \`tar\`, and give its sum again.`);
}

/** The type of a header that has the sum that it says. */
function checked(header: Buffer, shown: string): string {
  const sum = header.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (sum !== numberIn(header, 148, 8)) throw broken(shown);
  return String.fromCharCode(header[156] ?? 0);
}

function memberOf(
  header: Buffer,
  type: string,
  extra: Readonly<Record<string, string>>,
  { start, size, shown }: { readonly start: number; readonly size: number; readonly shown: string },
): Member {
  const isUstar = textIn(header, 257, 6).startsWith('ustar');
  const prefix = isUstar && header[262] === 0 ? textIn(header, 345, 155) : '';
  const short = textIn(header, 0, 100);
  const name = extra['path'] ?? (prefix === '' ? short : `${prefix}/${short}`);
  const known = TYPES[type];
  if (known === undefined) {
    const message = `${shown} has \`${name}\` in it, which is no file, folder or link. Make it without that.`;
    throw new ReleaseError(message);
  }
  return {
    name,
    // As old programs wrote it.
    type: known === 'file' && name.endsWith('/') ? 'folder' : known,
    target: extra['linkpath'] ?? textIn(header, 157, 100),
    executable: (numberIn(header, 100, 8) & 0o111) !== 0,
    start,
    size,
  };
}

/** What stands before a member of what is too long for its header. */
function fieldsOf(type: string, bytes: Buffer): Readonly<Record<string, string>> {
  if (type === 'L') return { path: textIn(bytes, 0, bytes.length) };
  if (type === 'K') return { linkpath: textIn(bytes, 0, bytes.length) };
  const fields: Record<string, string> = {};
  for (let at = 0; at < bytes.length;) {
    // `27 path=some/name\n`, where the number is the length of all of it.
    const [head = '', digits = ''] = /^(\d{1,7}) /.exec(bytes.toString('latin1', at, at + 8)) ?? [];
    if (digits === '' || Number(digits) <= head.length) break;
    const [, key = '', value = ''] =
      /^([^=]*)=(.*)\n$/s.exec(bytes.toString('utf8', at + head.length, at + Number(digits))) ?? [];
    fields[key] = value;
    at += Number(digits);
  }
  return fields;
}

function textIn(bytes: Buffer, at: number, length: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString('utf8', at, end < 0 || end > at + length ? at + length : end);
}

/** In octal, or in binary where the first bit says so. */
function numberIn(bytes: Buffer, at: number, length: number): number {
  if (((bytes[at] ?? 0) & 0x80) === 0) return parseInt(textIn(bytes, at, length).trim() || '0', 8);
  let value = (bytes[at] ?? 0) & 0x7f;
  for (let i = at + 1; i < at + length; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}
