/**
 * The processes of a supervisor, on disk, for the next one. Workers in cluster mode notice by themselves that their
 * supervisor has died, and wait to be found; any other program does not, and its replacement must not run beside it.
 */
import { readFileSync } from 'node:fs';
import type { Line } from '../../model/notice.ts';
import type { StopSpec } from '../../model/spec.ts';
import { processOf } from '../../workers/proc.ts';
import { withReserve } from '../../files/reserve.ts';
import { endLeftover, isAlive, lineOf, OTHERWISE, parseLine, type Leftover } from './leftover.ts';
import { StateFile } from './state-file.ts';

/** Lines the file may have before what has ended is dropped from it. */
const MAX_LINES = 1000;

export class PidFile {
  readonly #file: string;
  readonly #onDisk: StateFile;
  readonly #others: () => readonly Leftover[];
  /** What the file is to name, once it has been read; some may have ended. */
  #entries: Leftover[] | null = null;

  /**
   * @param file nothing is written where the system does not tell processes apart
   * @param say as of `StateFile`
   * @param others those of a supervisor that died, however else they are known: the file may have been taken away
   */
  constructor(
    file: string,
    say: (line: Line) => void = () => {},
    others: () => readonly Leftover[] = () => [],
  ) {
    this.#file = file;
    this.#others = others;
    this.#onDisk = new StateFile(file, say, 'find what it has started since');
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
    if (entries.length > MAX_LINES || !this.#onDisk.isAsWritten) this.#rewrite();
    else this.#onDisk.append(lineOf(entry));
  }

  /** Writes the list anew where it is not as it was written, or could not be; to be called from time to time. */
  check(): void {
    if (this.#entries === null || this.#entries.length === 0) return;
    if (!this.#onDisk.isAsWritten) this.#rewrite();
  }

  touch(): void {
    this.#onDisk.touch();
  }

  /** Removes the file, unless it names somebody who is still there. */
  tidy(): void {
    if (this.living.length > 0) return;
    this.#entries = [];
    this.#onDisk.remove();
  }

  #left(): Leftover[] {
    const listed = listedIn(this.#file);
    const isListed = (pid: number): boolean => listed.some((entry) => entry.pid === pid);
    return [...listed, ...this.#others().filter(({ pid }) => !isListed(pid))];
  }

  #read(): Leftover[] {
    const entries = this.#left();
    this.#onDisk.adopt();
    return entries;
  }

  #rewrite(): void {
    this.#onDisk.replace(() => {
      // Where nothing can be read of processes, nobody is known to have ended.
      const canTell = processOf(process.pid) !== null;
      const entries = (this.#entries ?? []).filter((entry) => !canTell || isAlive(entry));
      this.#entries = entries;
      return entries.map(lineOf).join('');
    });
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
