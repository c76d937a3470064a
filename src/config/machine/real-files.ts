/** The real file system. Nothing here waits for a pipe, or reads a device: whatever a path names, it answers. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { atOnce } from '../../files/calls.ts';
import { readBounded, readHead, whyUnreadable } from '../../files/read.ts';
import { LARGEST, type Files } from '../read/file-access.ts';

const HEAD_BYTES = 512;

export const disk: Files = {
  kind(path) {
    const stats = orNull(() => statSync(path, { throwIfNoEntry: false }) ?? null);
    return stats === null ? null : stats.isDirectory() ? 'directory' : 'file';
  },
  head: (path) => orNull(() => atOnce(readHead(path, HEAD_BYTES))),
  text: (path) => orNull(() => textOf(path)),
  whyNoText(path) {
    try {
      textOf(path);
      return null;
    } catch (error) {
      return whyUnreadable(error);
    }
  },
  executable: (path) => orNull(() => accessSync(path, constants.X_OK)) !== null,
  real: (path) => orNull(() => realpathSync.native(path)),
};

function textOf(path: string): string {
  return Buffer.from(atOnce(readBounded(path, LARGEST))).toString();
}

function orNull<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch {
    return null;
  }
}
