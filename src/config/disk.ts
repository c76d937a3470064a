/** The real file system. */
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import type { Files } from './files.ts';

const HEAD_BYTES = 512;
const LARGEST = 4 * 1024 * 1024;

export const disk: Files = {
  kind(path) {
    try {
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats === undefined ? null : stats.isDirectory() ? 'directory' : 'file';
    } catch {
      return null;
    }
  },
  head(path) {
    try {
      const descriptor = openSync(path, 'r');
      try {
        const bytes = new Uint8Array(HEAD_BYTES);
        return bytes.subarray(0, readSync(descriptor, bytes, 0, HEAD_BYTES, 0));
      } finally {
        closeSync(descriptor);
      }
    } catch {
      return null;
    }
  },
  text(path) {
    try {
      // A device or a pipe might never end.
      const stats = statSync(path);
      return stats.isFile() && stats.size <= LARGEST ? readFileSync(path, 'utf8') : null;
    } catch {
      return null;
    }
  },
  executable(path) {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  },
};
