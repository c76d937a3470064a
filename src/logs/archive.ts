/** What becomes of rotated files: so many are kept, and they are compressed one at a time while writing goes on. */
import type { LogRotation } from '../model/logging.ts';
import type { Disk } from './disk.ts';
import { GZIP, PART, rotatedFiles, rotatedName, type Rotated } from './names.ts';

export class Archive {
  readonly #disk: Disk;
  readonly #now: () => number;
  /** Files to compress, those of all log files in one queue: more at once would take the apps' cores. */
  readonly #queue = new Set<string>();
  #compressing: Promise<void> | null = null;
  readonly #ending = new AbortController();

  constructor(disk: Disk, now: () => number) {
    this.#disk = disk;
    this.#now = now;
  }

  /** Moves the file away under a name that nothing has yet, and removes what is beyond `keep`. */
  async rotate(file: string, { keep, compress }: LogRotation): Promise<void> {
    const before = await this.#rotated(file);
    const at = Math.max(this.#now(), (before[0]?.at ?? 0) + 1);
    const name = rotatedName(file, at);
    await this.#disk.rename(file, name);
    const all: Rotated[] = [{ at, files: [name] }, ...before];
    // That an old file stays is no reason to stop writing the new one.
    const surplus = all.slice(keep).flatMap(({ files }) => files);
    await Promise.all(surplus.map((old) => this.#disk.remove(old).catch(() => {})));
    if (!compress) return;
    for (const { files } of all.slice(0, keep)) this.#compress(files);
  }

  /**
   * Resolves once nothing is being compressed, in ms at the latest; what is not done by then, or waits for it, stays
   * plain until the next rotation.
   */
  async end(within: number): Promise<void> {
    this.#queue.clear();
    const timer = setTimeout(() => this.#ending.abort(), within);
    await this.#compressing;
    clearTimeout(timer);
  }

  async #rotated(file: string): Promise<Rotated[]> {
    return rotatedFiles(file, await this.#disk.namesLike(`${file}.`));
  }

  #compress(files: readonly string[]): void {
    const plain = files.find((file) => !file.endsWith(GZIP) && !file.endsWith(PART));
    if (plain === undefined) return;
    this.#queue.add(plain);
    this.#compressing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    for (;;) {
      const [next] = this.#queue;
      if (next === undefined) break;
      await this.#gzip(next);
      this.#queue.delete(next);
    }
    this.#compressing = null;
  }

  /** The plain file goes only once the compressed one is whole. */
  async #gzip(file: string): Promise<void> {
    try {
      // What is left of one that broke off.
      await this.#disk.remove(file + PART);
      await this.#disk.gzip(file, file + PART, this.#ending.signal);
      await this.#disk.rename(file + PART, file + GZIP);
      await this.#disk.remove(file);
    } catch {
      // It stays as it is: removed meanwhile, or the disk is full.
      await this.#disk.remove(file + PART).catch(() => {});
    }
  }
}
