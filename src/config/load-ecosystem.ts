/** The index of this layer: reads an ecosystem file, and everything it refers to, from the disk. */
import { open, readdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { inTurns } from '../files/calls.ts';
import { readBounded, whyUnreadable } from '../files/read.ts';
import type { Code } from './diagnostics/codes.ts';
import { disk } from './machine/real-files.ts';
import type { LoadOptions, ParseOptions } from './read/options.ts';
import { MAX_SIZE, parseEcosystem } from './parse.ts';
import type { Loaded } from './parse.ts';
import { Problems } from './diagnostics/problems.ts';
import { didYouMean } from '../shared/suggest.ts';

export { CODES } from './diagnostics/codes.ts';
export type { Code, CodeInfo } from './diagnostics/codes.ts';
export { disk, MAX_SIZE, parseEcosystem };
export type { Files } from './read/file-access.ts';
export type { Loaded, LoadOptions, ParseOptions };

/** Loads an ecosystem file. Never throws for a mistake of the user: every problem is a diagnostic. */
export async function loadEcosystem(path: string, options: LoadOptions): Promise<Loaded> {
  const file = resolve(path);
  let bytes: Uint8Array;
  try {
    bytes = await (HANDED_OVER.test(file) ? readPipe(file) : inTurns(readBounded(file, MAX_SIZE)));
  } catch (error) {
    return unreadable(file, error as NodeJS.ErrnoException);
  }
  if (bytes.length > MAX_SIZE) return tooLarge(file);
  const text = decoded(bytes);
  if (text === null) {
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const hint = utf16 ? 'It is UTF-16: save it as UTF-8.' : 'Check that it is the ecosystem file.';
    return failed(file, 'CU1005', 'The file is not text in UTF-8.', hint);
  }
  return parseEcosystem(text, file, { ...options, files: disk });
}

/** Null where it is not text in UTF-8. */
function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A pipe that the caller hands over, as a shell does for `<(…)`, is waited for; no other is. */
const HANDED_OVER = /^\/(dev\/(stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/** At most one byte more than is allowed. */
async function readPipe(file: string): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const buffer = new Uint8Array(MAX_SIZE + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length);
    }
  } finally {
    await handle.close();
  }
}

async function unreadable(file: string, error: NodeJS.ErrnoException): Promise<Loaded> {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return failed(file, 'CU1001', 'The file does not exist.', await sibling(file));
    case 'EFBIG':
      return tooLarge(file);
    case 'EISDIR':
      return failed(file, 'CU1002', 'This is a folder, not a file.', 'Name the ecosystem file in it.');
    case 'EACCES':
    case 'EPERM':
      return failed(
        file,
        'CU1003',
        'There is no permission to read the file.',
        `Check it with \`ls -l ${file}\`.`,
      );
    default:
      return failed(file, 'CU1003', `The file cannot be read: ${whyUnreadable(error)}.`, null);
  }
}

function tooLarge(file: string): Loaded {
  return failed(file, 'CU1004', 'The file is larger than 1 MiB.', 'Check that it is the ecosystem file.');
}

/** A file of a similar name in the same folder. */
async function sibling(file: string): Promise<string | null> {
  try {
    return didYouMean(basename(file), await readdir(dirname(file)));
  } catch {
    return `The folder ${dirname(file)} does not exist either.`;
  }
}

function failed(file: string, code: Code, message: string, hint: string | null): Loaded {
  const problems = new Problems(file, '');
  problems.add(code, { start: 0, end: 0 }, message, hint);
  return {
    desired: null,
    diagnostics: problems.sorted(),
    text: '',
    texts: new Map(),
    files: [file],
    environments: [],
    variables: [],
    checked: [],
  };
}
