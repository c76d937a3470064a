/** What runs a script when the file does not say. */
import { basename, extname } from 'node:path';
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
  const text = new TextDecoder().decode(head);
  if (!text.startsWith('#!')) return 'node';
  return /^#!.*\bnode\b/.test(text) ? 'node' : null;
}

/** `node`, `/opt/node22/bin/node`. */
export function isNode(interpreter: string | null): boolean {
  return interpreter === 'node' || (interpreter !== null && /^node(\.exe)?$/.test(basename(interpreter)));
}

export function isTypeScript(path: string): boolean {
  return /\.[mc]?ts$/i.test(path);
}
