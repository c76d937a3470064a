/** `engines.node` of the app's package.json against the Node that would run it. */
import { dirname, join } from 'node:path';
import { spanIn } from '../resolve/context.ts';
import type { Files } from '../read/file-access.ts';
import type { ParseOptions } from '../read/options.ts';
import type { CheckedApp } from '../resolve/context.ts';
import { isNode } from '../resolve/interpreter.ts';
import { semver } from '../../shared/lazy.ts';

interface Range {
  readonly file: string;
  readonly range: string;
}

export function checkEngines(apps: readonly CheckedApp[]): void {
  // Most apps share one answer.
  const answers = new Map<string, string | null>();
  for (const { context, spec } of apps) {
    const { interpreter, shell, script } = spec.process;
    if (interpreter === null || !isNode(interpreter) || shell) continue;
    const folder = dirname(script);
    const question = `${interpreter}\0${folder}`;
    let message = answers.get(question);
    if (message === undefined)
      answers.set(question, (message = misfit(interpreter, folder, context.options)));
    if (message === null) continue;
    context.problems.add(
      'CU1608',
      spanIn(context, 'script'),
      message,
      'Run cluster-up with a Node that fits.',
    );
  }
}

/** Why this Node does not suit the package that a folder belongs to; null if it does. */
function misfit(interpreter: string, folder: string, options: ParseOptions): string | null {
  const found = nearestRange(folder, options.files);
  if (found === null) return null;
  const other = interpreter === 'node' ? null : (options.versionOf?.(interpreter) ?? null);
  const version = (other ?? options.nodeVersion).replace(/^v/, '');
  if (fits(version, found.range)) return null;
  return `${found.file} asks for Node ${found.range}, and this is ${version}.`;
}

/** A range that npm cannot read is npm's to complain about. */
function fits(version: string, range: string): boolean {
  // What nearly every package says needs no library to be read.
  const least = /^>=\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(range.trim());
  if (least !== null) {
    const [major = 0, minor = 0, patch = 0] = least
      .slice(1)
      .map((part: string | undefined) => Number(part ?? 0));
    const [ourMajor = 0, ourMinor = 0, ourPatch = 0] = version.split(/[.-]/, 3).map(Number);
    return (ourMajor - major || ourMinor - minor || ourPatch - patch) >= 0;
  }
  const { validRange, satisfies } = semver();
  return validRange(range) === null || satisfies(version, range, { includePrerelease: true });
}

/** The range of the package that a script belongs to. */
function nearestRange(folder: string, files: Files): Range | null {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'package.json');
    const text = files.kind(file) === 'file' ? files.text(file) : null;
    if (text !== null) {
      const range = engineOf(text);
      return range === null ? null : { file, range };
    }
    if (at === dirname(at)) return null;
  }
}

function engineOf(text: string): string | null {
  try {
    const { engines } = JSON.parse(text) as { engines?: { node?: unknown } };
    return typeof engines?.node === 'string' ? engines.node : null;
  } catch {
    return null;
  }
}
