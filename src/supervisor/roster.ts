/**
 * The processes of a supervisor, on disk, for the next one. Workers in cluster mode notice by themselves that their
 * supervisor has died, and wait to be found; any other program does not, and its replacement must not run beside it.
 */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isSame, processOf, type Process } from '../workers/proc.ts';
import { signalGroup } from '../workers/signal.ts';

/** From SIGTERM to SIGKILL, in ms. */
const GRACE = 5000;
const STEP = 50;
/** Lines the file may have before what has ended is dropped from it. */
const MAX_LINES = 1000;

export class Roster {
  readonly #file: string;
  #lines = 0;

  /** @param file is made with mode 0600; nothing is written where the system does not tell processes apart. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Ends what the file of a supervisor that died still names, and resolves with how many that were. */
  async endLeftovers(): Promise<number> {
    const left = this.#living();
    rmSync(this.#file, { force: true });
    for (const { pid } of left) signalGroup(pid, 'SIGTERM');
    for (let waited = 0; waited < GRACE && left.some(isAlive); waited += STEP) await delay(STEP);
    for (const entry of left) if (isAlive(entry)) signalGroup(entry.pid, 'SIGKILL');
    return left.length;
  }

  /** The process ids of those that are still there. */
  get living(): readonly number[] {
    return this.#living().map(({ pid }) => pid);
  }

  add(pid: number): void {
    const born = processOf(pid)?.born;
    if (born === undefined) return;
    this.#lines += 1;
    if (this.#lines > MAX_LINES) this.#compact();
    appendFileSync(this.#file, `${pid} ${born}\n`, { mode: 0o600 });
  }

  /** Removes the file, unless it names somebody who is still there. */
  tidy(): void {
    if (this.#living().length === 0) rmSync(this.#file, { force: true });
  }

  #compact(): void {
    const living = this.#living();
    this.#lines = living.length;
    writeFileSync(this.#file, living.map(({ pid, born }) => `${pid} ${born}\n`).join(''), { mode: 0o600 });
  }

  #living(): Entry[] {
    return read(this.#file)
      .split('\n')
      .map((line) => line.split(' '))
      .map(([pid, born]) => ({ pid: Number(pid), born: Number(born) }))
      .filter(isAlive);
  }
}

/** A process id is used again; together with when it was born it is not. */
type Entry = Pick<Process, 'pid' | 'born'>;

function isAlive(entry: Entry): boolean {
  return entry.pid > 1 && isSame(entry, processOf(entry.pid));
}

/** The text of a file, empty if it cannot be read. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
