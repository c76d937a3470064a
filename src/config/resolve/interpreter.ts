/** What runs a script when the file does not say. */
import { basename, extname } from 'node:path';
import { splitWords } from '../../shared/words.ts';
import type { Files } from '../read/file-access.ts';

/** PM2's table, with Node for TypeScript. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  '.js': 'node',
  '.mjs': 'node',
  '.cjs': 'node',
  '.ts': 'node',
  '.mts': 'node',
  '.cts': 'node',
  '.py': 'python3',
  '.sh': 'bash',
  '.rb': 'ruby',
  '.php': 'php',
  '.pl': 'perl',
  '.coffee': 'coffee',
  '.ls': 'lsc',
};

/** The interpreter of a file by its extension, else by its first bytes; null runs it directly. */
export function guessInterpreter(path: string, files: Files): string | null {
  const known = BY_EXTENSION[extname(path).toLowerCase()];
  if (known !== undefined) return known;
  const head = files.head(path);
  // A file that is not there yet: as PM2, which takes everything that is not binary for JavaScript.
  if (head === null) return 'node';
  if (head.includes(0)) return null;
  const line = shebang(head);
  return line === null || line.isNode ? 'node' : null;
}

/** The options that the first line of a script gives to Node, as in `#!/usr/bin/env -S node --enable-source-maps`. */
export function shebangOptions(path: string, files: Files): readonly string[] {
  const head = files.head(path);
  return (head === null ? null : shebang(head))?.options ?? [];
}

/** What the first line of a script says that runs it; null where it says nothing. */
function shebang(head: Uint8Array): { readonly isNode: boolean; readonly options: readonly string[] } | null {
  const [line = ''] = new TextDecoder().decode(head).split(/\r?\n/, 1);
  if (!line.startsWith('#!')) return null;
  const words = splitWords(line.slice(2)) ?? [];
  // The options of env, and the variables that it sets.
  const isEnv = basename(words[0] ?? '') === 'env';
  const start = isEnv ? words.findIndex((word, i) => i > 0 && !/^-|^\w+=/.test(word)) : 0;
  const isNodes = isNode(basename(words[start] ?? ''));
  return { isNode: isNodes, options: isNodes ? words.slice(start + 1) : [] };
}

/** `node`, `/opt/node22/bin/node`. */
export function isNode(interpreter: string | null): boolean {
  return interpreter === 'node' || (interpreter !== null && /^node(\.exe)?$/.test(basename(interpreter)));
}

export function isTypeScript(path: string): boolean {
  return /\.[mc]?ts$/i.test(path);
}
