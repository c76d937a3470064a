/**
 * A file of the state folder, for the next supervisor should this one die. What is in it is also held in memory: where it
 * cannot be written, or was taken away, supervision goes on without it, and it is written anew as soon as that works.
 */
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withReserve } from '../../files/reserve.ts';
import type { Line } from '../../model/notice.ts';

export class StateFile {
  readonly #file: string;
  readonly #say: (line: Line) => void;
  readonly #missing: string;
  /** As it was written last, in bytes. */
  #size = 0;
  #failing: string | null = null;

  /**
   * @param file is made with mode 0600
   * @param say told once when it cannot be written, and when it can again
   * @param missing what the next supervisor would do without, one clause
   */
  constructor(file: string, say: (line: Line) => void, missing: string) {
    this.#file = file;
    this.#say = say;
    this.#missing = missing;
  }

  get isAsWritten(): boolean {
    return this.#failing === null && this.#size > 0 && sizeOf(this.#file) === this.#size;
  }

  /** That of a supervisor that died is gone on with. */
  adopt(): void {
    this.#size = sizeOf(this.#file);
  }

  /** Beside it and then in its place: a disk that is full must not cost what it has already. Never throws. */
  replace(textOf: () => string): void {
    this.#attempt(() => {
      const text = textOf();
      withReserve(() => {
        mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
        writeFileSync(`${this.#file}.new`, text, { mode: 0o600 });
        renameSync(`${this.#file}.new`, this.#file);
      });
      this.#size = Buffer.byteLength(text);
    });
  }

  /** Never throws. */
  append(text: string): void {
    this.#attempt(() => {
      withReserve(() => appendFileSync(this.#file, text, { mode: 0o600 }));
      this.#size += Buffer.byteLength(text);
    });
  }

  /** Cleaners of temporary files take what nobody has used for days. */
  touch(): void {
    if (this.#failing !== null || this.#size === 0) return;
    const now = new Date();
    this.#attempt(() => utimesSync(this.#file, now, now));
  }

  remove(): void {
    this.#size = 0;
    this.#attempt(() => rmSync(this.#file, { force: true }));
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#fail((error as Error).message);
      return;
    }
    if (this.#failing !== null) this.#say({ level: 'good', text: `${this.#file} is written again` });
    this.#failing = null;
  }

  #fail(reason: string): void {
    if (this.#failing === null) {
      const until = `it goes on without; if it died now, the next one would not ${this.#missing}`;
      this.#say({ level: 'bad', text: `cannot write ${this.#file}: ${reason}; ${until}` });
    }
    this.#failing = reason;
  }
}

/** In bytes; 0 if it is not there, or cannot be looked at. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
