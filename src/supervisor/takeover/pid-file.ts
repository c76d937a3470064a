/**
 * The processes of a supervisor, on disk, for the next one. Workers in cluster mode notice by themselves that their
 * supervisor has died, and wait to be found; any other program does not, and its replacement must not run beside it.
 *
 * The list is also held in memory: where it cannot be written, or was taken away, supervision goes on without it, and
 * it is written anew as soon as that works.
 */
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Line } from '../../model/notice.ts';
import type { StopSpec } from '../../model/spec.ts';
import { processOf } from '../../workers/proc.ts';
import { withReserve } from '../../files/reserve.ts';
import { endLeftover, isAlive, lineOf, OTHERWISE, parseLine, type Leftover } from './leftover.ts';

/** Lines the file may have before what has ended is dropped from it. */
const MAX_LINES = 1000;

export class PidFile {
  readonly #file: string;
  readonly #say: (line: Line) => void;
  readonly #others: () => readonly Leftover[];
  /** What the file is to name, once it has been read; some may have ended. */
  #entries: Leftover[] | null = null;
  /** Of the file as it was written last, in bytes. */
  #size = 0;
  #failing: string | null = null;

  /**
   * @param file is made with mode 0600; nothing is written where the system does not tell processes apart.
   * @param say told once when it cannot be written, and when it can again
   * @param others those of a supervisor that died, however else they are known: the file may have been taken away
   */
  constructor(
    file: string,
    say: (line: Line) => void = () => {},
    others: () => readonly Leftover[] = () => [],
  ) {
    this.#file = file;
    this.#others = others;
    this.#say = say;
  }

  /** Ends what the file of a supervisor that died still names, and resolves with how many that were. */
  async endLeftovers(): Promise<number> {
    const { left } = this;
    await Promise.all(left.map(endLeftover));
    // One that would not go is named on, for whoever comes next.
    this.tidy();
    return left.length;
  }

  /** The process ids of those that are still there. */
  get living(): readonly number[] {
    return this.left.map(({ pid }) => pid);
  }

  /** Those that are still there. */
  get left(): readonly Leftover[] {
    return (this.#entries ?? this.#left()).filter(isAlive);
  }

  /** Never throws: a process that is not written down runs all the same. */
  add(
    pid: number,
    { killSignal, killTimeout }: Pick<StopSpec, 'killSignal' | 'killTimeout'> = OTHERWISE,
  ): void {
    const born = processOf(pid)?.born;
    if (born === undefined) return;
    const entries = (this.#entries ??= this.#read());
    const entry = { pid, born, killSignal, killTimeout };
    entries.push(entry);
    this.#attempt(() => {
      if (entries.length > MAX_LINES || !this.#isAsWritten()) return this.#rewrite();
      const line = lineOf(entry);
      withReserve(() => appendFileSync(this.#file, line, { mode: 0o600 }));
      this.#size += line.length;
    });
  }

  /** Writes the list anew where it is not as it was written, or could not be; to be called from time to time. */
  check(): void {
    if (this.#entries === null || this.#entries.length === 0) return;
    if (this.#failing !== null || !this.#isAsWritten()) this.#attempt(() => this.#rewrite());
  }

  /** Cleaners of temporary files take what nobody has used for days. */
  touch(): void {
    if (this.#failing !== null || this.#size === 0) return;
    const now = new Date();
    this.#attempt(() => utimesSync(this.#file, now, now));
  }

  /** Removes the file, unless it names somebody who is still there. */
  tidy(): void {
    if (this.living.length === 0) this.#remove();
  }

  #left(): Leftover[] {
    const listed = listedIn(this.#file);
    const isListed = (pid: number): boolean => listed.some((entry) => entry.pid === pid);
    return [...listed, ...this.#others().filter(({ pid }) => !isListed(pid))];
  }

  #read(): Leftover[] {
    const entries = this.#left();
    this.#size = sizeOf(this.#file);
    return entries;
  }

  #isAsWritten(): boolean {
    return this.#failing === null && this.#size > 0 && sizeOf(this.#file) === this.#size;
  }

  /** Beside it and then in its place: a disk that is full must not cost what it names already. */
  #rewrite(): void {
    // Where nothing can be read of processes, nobody is known to have ended.
    const canTell = processOf(process.pid) !== null;
    const entries = (this.#entries ?? []).filter((entry) => !canTell || isAlive(entry));
    this.#entries = entries;
    const text = entries.map(lineOf).join('');
    withReserve(() => {
      mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      writeFileSync(`${this.#file}.new`, text, { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    });
    this.#size = text.length;
  }

  #remove(): void {
    this.#entries = [];
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
      const until =
        'it goes on without; if it died now, the next one would not find what it has started since';
      this.#say({ level: 'bad', text: `cannot write ${this.#file}: ${reason}; ${until}` });
    }
    this.#failing = reason;
  }
}

/** Those that the file names and that are still there. */
export function listedIn(file: string): readonly Leftover[] {
  return read(file).split('\n').map(parseLine).filter(isAlive);
}

/** The text of a file, empty if it cannot be read. */
function read(file: string): string {
  try {
    return withReserve(() => readFileSync(file, 'utf8'));
  } catch {
    return '';
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
