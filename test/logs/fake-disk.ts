/** A disk in memory with a clock of its own, that fails when it is told to. */
import path from 'node:path';
import type { Disk, Facts, OpenFile } from '../../src/logs/disk.ts';

interface Entry {
  bytes: Buffer;
  readonly born: number;
  readonly inode: number;
}

export class FakeDisk implements Disk {
  readonly files = new Map<string, Entry>();
  now = Date.UTC(2026, 0, 31, 18);
  /** Fails whatever is tried, with this code. */
  broken: string | null = null;
  brokenRename: string | null = null;
  /** Takes no more bytes than this in one write. */
  gulp = Infinity;
  /** Writes wait as long as it is set. */
  stalled: Promise<void> | null = null;
  opened = 0;
  #inode = 0;

  text(file: string): string {
    return this.files.get(file)?.bytes.toString() ?? '';
  }

  namesLike = (begin: string): Promise<readonly string[]> =>
    Promise.resolve(
      [...this.files.keys()].filter((file) => file.startsWith(begin)).map((file) => path.basename(file)),
    );

  open = (file: string): Promise<OpenFile> => {
    if (this.broken !== null) return Promise.reject(failure(this.broken));
    this.#inode += 1;
    const entry = this.files.get(file) ?? { bytes: Buffer.alloc(0), born: this.now, inode: this.#inode };
    this.files.set(file, entry);
    this.opened += 1;
    return Promise.resolve({
      ...factsOf(entry),
      write: async (bytes) => {
        await this.stalled;
        if (this.broken !== null) throw failure(this.broken);
        const taken = bytes.subarray(0, this.gulp);
        entry.bytes = Buffer.concat([entry.bytes, taken]);
        return taken.length;
      },
      close: () => {
        this.opened -= 1;
        return Promise.resolve();
      },
    });
  };

  facts = (file: string): Promise<Facts | null> => {
    const entry = this.files.get(file);
    return Promise.resolve(entry === undefined ? null : factsOf(entry));
  };

  rename = (from: string, to: string): Promise<void> => {
    const entry = this.files.get(from);
    if (this.brokenRename !== null) return Promise.reject(failure(this.brokenRename));
    if (entry === undefined) return Promise.reject(failure('ENOENT'));
    if (this.files.has(to)) throw new Error(`${to} would be lost`);
    this.files.delete(from);
    this.files.set(to, entry);
    return Promise.resolve();
  };

  /** No links here, nor devices. */
  target = (file: string): Promise<string> => Promise.resolve(file);
  isSpecial = (): boolean => false;

  remove = (file: string): Promise<void> => {
    this.files.delete(file);
    return Promise.resolve();
  };

  gzip = (from: string, to: string): Promise<void> => {
    const entry = this.files.get(from);
    if (entry === undefined) return Promise.reject(failure('ENOENT'));
    this.files.set(to, { ...entry, bytes: Buffer.concat([Buffer.from('gzip:'), entry.bytes]) });
    return Promise.resolve();
  };
}

function factsOf({ bytes, born, inode }: Entry): Facts {
  return { size: bytes.length, born, inode, regular: true };
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: it does not work, write`), { code });
}
