/** One log file: what is written to it in order, rotated between two lines, with a bounded backlog. */
import type { Clock } from '../model/clock.ts';
import type { LogRotation } from '../model/logging.ts';
import type { Line } from '../model/notice.ts';
import { systemReason } from '../model/text.ts';
import type { Archive } from './archive.ts';
import { Backlog, NEWLINE, newlines, type BufferPool } from './backlog.ts';
import type { Disk, OpenFile } from './disk.ts';
import { fitting } from './fitting.ts';
import { Turns, type Writer } from './turns.ts';
import { WriteFailure } from './write-failure.ts';

/** Whoever writes waits once this much, in bytes, is on its way to the disk. */
const BACKLOG = 256 * 1024;
/** A file that cannot be rotated grows on; this long, in ms, until it is tried again. */
const RETRY_ROTATION = 60_000;
/** How long a pipe whose reader is slow is left alone, in ms. */
const BUSY = 20;

export interface Surroundings {
  readonly disk: Disk;
  readonly archive: Archive;
  readonly buffers: BufferPool;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** For what is about time that has passed. */
  readonly clock: Clock;
  readonly delay: (ms: number) => Promise<void>;
  /** Said once when it begins to fail, and once when it works again. */
  readonly say: (line: Line) => void;
}

/** What `show` tells of a file. */
export interface LogFileState {
  readonly path: string;
  /** Why it cannot be written now. */
  readonly failing: string | null;
  /** Lines, since it began to fail. */
  readonly lost: number;
}

export class LogFile {
  /** Who may write to it; nobody is left when it is to be closed. */
  readonly writers: Set<Writer> = new Set<Writer>();
  readonly path: string;
  rotation: LogRotation | null = null;
  readonly #around: Surroundings;
  readonly #backlog: Backlog;
  readonly #failure: WriteFailure;
  readonly #turns = new Turns({
    take: (text) => this.#take(text),
    isBusy: () => this.#backlog.bytes > 0,
    served: () => this.#wake(),
  });
  readonly #blocked: { readonly writer: Writer; readonly resume: () => void }[] = [];
  #file: OpenFile | null = null;
  #size = 0;
  #born = 0;
  /** What was written last ended a line. */
  #lineStart = true;
  #growsUntil = 0;
  #close = false;
  #reopen = false;
  #givenUp = false;
  #running: Promise<void> | null = null;

  constructor(path: string, around: Surroundings) {
    this.path = path;
    this.#around = around;
    this.#backlog = new Backlog(around.buffers);
    this.#failure = new WriteFailure(path, around);
  }

  /** False: `whenWritable` says when there is room again. */
  write(writer: Writer, text: string, whole: boolean): boolean {
    this.#turns.offer({ writer, text, whole });
    return !this.#blocks(writer);
  }

  whenWritable(writer: Writer, resume: () => void): void {
    if (this.#blocks(writer)) this.#blocked.push({ writer, resume });
    else resume();
  }

  /** Writes what it has, and closes the file. It opens again with the next write. */
  rest(): Promise<void> {
    this.#close = true;
    return this.#run();
  }

  /** Whoever has moved the file away wants the next line in a new one. */
  reopen(): Promise<void> {
    this.#reopen = true;
    return this.#run();
  }

  /** Whoever reads it has had time enough: what is not written by now is lost. */
  giveUp(): void {
    this.#givenUp = true;
  }

  /** What could not be written, once it is clear that it never will be. */
  tellLost(): void {
    this.#failure.tellLost();
  }

  get state(): LogFileState {
    return { path: this.path, failing: this.#failure.reason, lost: this.#failure.lost };
  }

  #blocks(writer: Writer): boolean {
    return this.#backlog.bytes > BACKLOG || this.#turns.isWaiting(writer);
  }

  #take(text: string): void {
    if (this.#failure.isFresh) {
      this.#failure.lose(newlines(text));
    } else if (text !== '') {
      this.#backlog.add(text);
      void this.#run();
    }
  }

  #wake(): void {
    for (const entry of this.#blocked.splice(0)) {
      if (this.#blocks(entry.writer)) this.#blocked.push(entry);
      else entry.resume();
    }
  }

  #run(): Promise<void> {
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
      // Asked for between its last look and its end.
      if (!this.#backlog.isEmpty || this.#close || (this.#reopen && this.#lineStart)) void this.#run();
    });
    return this.#running;
  }

  async #drain(): Promise<void> {
    while (await this.#backlog.next((bytes) => this.#append(bytes)));
    if (this.#close || (this.#reopen && this.#lineStart)) await this.#shut().catch(() => {});
  }

  async #append(bytes: Buffer): Promise<void> {
    let rest = bytes;
    try {
      if (this.#reopen && this.#lineStart) await this.#shut();
      this.#file ??= await this.#open();
      // What stands before it was cut off by the failure.
      if (!this.#lineStart && this.#failure.reason !== null) await this.#put(LINE_END);
      while (rest.length > 0) {
        const written = await this.#put(rest.subarray(0, await this.#room(rest)));
        rest = rest.subarray(written);
      }
      this.#failure.over();
    } catch (error) {
      await this.#fail(error as NodeJS.ErrnoException, rest);
    }
  }

  async #open(): Promise<OpenFile> {
    const file = await this.#around.disk.open(this.path);
    const now = this.#around.now();
    this.#size = file.size;
    // Not every file system knows.
    this.#born = file.born > 0 ? Math.min(file.born, now) : now;
    if (file.size === 0) this.#lineStart = true;
    return file;
  }

  async #shut(): Promise<void> {
    this.#close = false;
    this.#reopen = false;
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  async #put(bytes: Buffer): Promise<number> {
    let written = 0;
    try {
      written = (await this.#file?.write(bytes)) ?? 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || this.#givenUp) throw error;
      await this.#around.delay(BUSY);
    }
    if (written === 0) return 0;
    this.#size += written;
    this.#lineStart = bytes[written - 1] === NEWLINE;
    this.#backlog.written(written);
    this.#wake();
    return written;
  }

  /** How much of this goes into the file as it is; a file that is full is rotated first, never inside of a line. */
  async #room(bytes: Buffer): Promise<number> {
    const { rotation } = this;
    const { now, clock } = this.#around;
    if (rotation === null || this.#file?.regular !== true || clock() < this.#growsUntil) return bytes.length;
    const file = { size: this.#size, age: now() - this.#born, isLineStart: this.#lineStart };
    const fits = fitting(bytes, file, rotation);
    if (fits > 0) return fits;
    await this.#rotate(rotation);
    return this.#room(bytes);
  }

  async #rotate(rotation: LogRotation): Promise<void> {
    const { disk, archive, clock } = this.#around;
    const facts = await disk.facts(this.path);
    const isOurs = facts !== null && facts.inode === this.#file?.inode;
    if (isOurs && facts.size < this.#size) {
      // Someone has cut it short.
      this.#size = facts.size;
      return;
    }
    try {
      // Someone else may have moved it away: then there is nothing to do but to begin a new one.
      if (isOurs) await archive.rotate(await disk.target(this.path), rotation);
    } catch (error) {
      this.#growsUntil = clock() + RETRY_ROTATION;
      const text = `${this.path} cannot be rotated and grows on: ${systemReason(error)}`;
      this.#around.say({ level: 'bad', text });
      return;
    }
    await this.#shut();
    this.#file = await this.#open();
  }

  async #fail(error: NodeJS.ErrnoException, rest: Buffer): Promise<void> {
    this.#failure.lose(newlines(rest) + this.#backlog.drop());
    // Whoever has given up knows.
    this.#failure.came(systemReason(error), !this.#givenUp);
    await this.#shut().catch(() => {});
    this.#wake();
  }
}

const LINE_END = Buffer.from('\n');
