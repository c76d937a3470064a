/** What to write in the place of a program that only starts Node, such as npm, so that Node runs the app itself. */
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Files } from '../read/file-access.ts';
import { programOf, plain, runnerOptions, type Package } from './command-line.ts';
import { isNode } from './interpreter.ts';

interface Written {
  readonly script: string;
  readonly args: readonly string[];
  readonly interpreter: string | null;
  readonly shell: boolean;
}

/** A hint, or null where nobody can tell. No value of an argument or a variable is shown. */
export function instead(written: Written, cwd: string, files: Files): string | null {
  const { script, args, interpreter, shell } = written;
  if (isNode(interpreter)) return null;
  if (interpreter !== null) return insteadOfRunner(basename(interpreter));
  const line = shell ? script : [basename(script), ...args.map(quoted)].join(' ');
  const fallback = plain('', [], {});
  const home = packageAbove(cwd, files);
  const found = programOf(line, home, fallback);
  const manager = /^(npm|yarn|pnpm)\b/.exec(line)?.[0];
  if (found !== fallback && found.byNode) {
    const rest = [
      ...(found.args.length > 0 ? ['its arguments into `args`'] : []),
      ...(found.nodeArgs.length > 0 ? ['the options of Node into `node_args`'] : []),
      ...(Object.keys(found.env).length > 0 ? ['its variables into `env`'] : []),
    ];
    const also = rest.length === 0 ? '' : `, and ${rest.join(', ')}`;
    const path = `./${relative(cwd, resolve(home.folder, found.script))}`;
    return `It has Node run \`${path}\`: write \`script: ${path}\`${also}.`;
  }
  return manager === undefined ? null : `Write the file that \`${manager}\` has Node run as \`script\`.`;
}

function insteadOfRunner(runner: string): string | null {
  const options = runnerOptions(runner);
  if (options === null) return null;
  return options.length === 0
    ? 'Leave `interpreter` out: Node runs the script.'
    : `Leave \`interpreter\` out, and write \`node_args: ${options.join(' ')}\`.`;
}

/** The nearest one from a folder upwards, as npm looks for it. */
function packageAbove(folder: string, files: Files): Package & { readonly folder: string } {
  for (let at = folder; ; at = dirname(at)) {
    const text =
      files.kind(join(at, 'package.json')) === 'file' ? files.text(join(at, 'package.json')) : null;
    if (text !== null) return { folder: at, run: (name) => scriptOf(text, name), isFile: () => false };
    if (at === dirname(at)) return { folder, run: () => null, isFile: () => false };
  }
}

function scriptOf(text: string, name: string): string | null {
  try {
    const { scripts } = JSON.parse(text) as { scripts?: Record<string, unknown> };
    const line = scripts?.[name];
    return typeof line === 'string' && line.trim() !== '' ? line.trim() : null;
  } catch {
    return null;
  }
}

function quoted(word: string): string {
  return /\s/.test(word) ? `"${word}"` : word;
}
