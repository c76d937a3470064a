/** The real file system. */
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import type { Files } from './files.ts';

const HEAD_BYTES = 512;

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
      return readFileSync(path, 'utf8');
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
