/** The version in the nearest package.json above a script, as Node finds it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Null if there is none, or it says none. */
export function packageVersion(script: string): string | null {
  for (let folder = path.dirname(script); ; folder = path.dirname(folder)) {
    const found = versionIn(folder);
    if (found !== undefined) return found;
    if (folder === path.dirname(folder)) return null;
  }
}

/** Undefined where there is no package.json. */
function versionIn(folder: string): string | null | undefined {
  try {
    const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      version?: unknown;
    };
    return typeof version === 'string' ? version : null;
  } catch {
    return undefined;
  }
}
