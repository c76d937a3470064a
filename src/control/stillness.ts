/**
 * Whether a process that was asked something stands still. That it takes long is no evidence: it may be busy, or the
 * machine may be. What the kernel says of it is: somebody has stopped it, or it has neither run nor wanted to meanwhile.
 */
import { parseStat, textOf } from '../files/proc-fs.ts';

export interface Look {
  /** Of its main thread, proc(5). */
  readonly state: string;
  /** All that says how long it has run: its threads together, and the main one in ns where that is known. */
  readonly ran: string;
}

export type Stillness = 'stopped' | 'traced' | 'stuck';

/** How often it is looked at, in ms. */
const EVERY = 400;
/** Looks in a row. Between two of them whoever asked can read an answer, and a process that could run has run. */
const [STOPPED, STUCK] = [4, 9];

/** What it has come to in the last looks, the newest last; null where that is not clear. */
export function stillness(looks: readonly (Look | null)[]): Stillness | null {
  const last = looks.at(-1) ?? null;
  if (last === null) return null;
  const hasLong = (count: number, isMeant: (look: Look) => boolean): boolean =>
    looks.length >= count &&
    looks.slice(-count).every((look) => look !== null && look.ran === last.ran && isMeant(look));
  if (hasLong(STOPPED, ({ state }) => state === 'T')) return 'stopped';
  if (hasLong(STOPPED, ({ state }) => state === 't')) return 'traced';
  return hasLong(STUCK, ({ state }) => !'RZX'.includes(state)) ? 'stuck' : null;
}

/** Null where nothing is known of it. */
export function lookAt(pid: number): Look | null {
  const stat = parseStat(pid, textOf(`${pid}/stat`));
  const [main = ''] = textOf(`${pid}/schedstat`).split(' ');
  return stat === null ? null : { state: stat.state, ran: `${stat.used} ${main}` };
}

/** Looks at one process again and again. */
export class Looks {
  readonly #look: (pid: number) => Look | null;
  #all: (Look | null)[] = [];
  #at = -Infinity;

  constructor(look: (pid: number) => Look | null = lookAt) {
    this.#look = look;
  }

  /** Looks once more where it is time to. */
  again(pid: number | null, now: number = performance.now()): Stillness | null {
    if (now - this.#at >= EVERY) {
      this.#at = now;
      this.#all = [...this.#all.slice(1 - STUCK), pid === null ? null : this.#look(pid)];
    }
    return stillness(this.#all);
  }

  /** It has answered. */
  forget(): void {
    this.#all = [];
  }
}
