/** Patterns such as `services/**` and `*.yml`, for shells that leave them to the program. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Never looked into, unless a pattern names them. */
const SKIPPED: ReadonlySet<string> = new Set(['node_modules', '.git']);

/** The files that the arguments name, in order, each once. A pattern that nothing fits stays as it is. */
export async function expandGlobs(names: readonly string[], cwd: string): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const name of names) {
    const found = isGlob(name) ? await matches(name, cwd) : [name];
    for (const file of found.length === 0 ? [name] : found) files.add(file);
  }
  return [...files];
}

function isGlob(name: string): boolean {
  return /[*?{[]/.test(name);
}

async function matches(glob: string, cwd: string): Promise<readonly string[]> {
  const wanted = glob.replace(/^\.\//, '');
  const segments = wanted.split('/');
  const fixed = segments.slice(0, segments.findIndex(isGlob)).join('/');
  const start = wanted.startsWith('/') && fixed === '' ? '/' : fixed;
  const pattern = toRegExp(wanted);
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(path.resolve(cwd, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = folder === '' ? entry.name : path.posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) await walk(file);
      } else if (pattern.test(file)) found.push(file);
    }
  };
  await walk(start);
  return found;
}

/** `**` any folders, `*` and `?` within a name, `{a,b}` either, `[ab]` one of them. */
function toRegExp(glob: string): RegExp {
  const tokens = /\*\*\/|\*\*|\*|\?|\{([^{}]*)\}|\[(!?)([^\]]+)\]|[^*?{[]+|[{[]/g;
  const source = glob.replace(tokens, (token, choices?: string, not?: string, set?: string) => {
    if (token === '**/') return '(?:[^/]+/)*';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (choices !== undefined) return `(?:${choices.split(',').map(literal).join('|')})`;
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`;
    return literal(token);
  });
  return new RegExp(`^${source}$`);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
