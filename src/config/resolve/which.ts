/** Looks a command up in PATH. */
import { delimiter, join } from 'node:path';
import type { Files } from '../read/file-access.ts';

/** The absolute path of a command, or null. */
export function which(command: string, path: string, files: Files): string | null {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    const candidate = join(folder, command);
    if (files.kind(candidate) === 'file' && files.executable(candidate)) return candidate;
  }
  return null;
}
