/** The machine's time: what is to happen, in order, and the clock that jumps from one to the next. */
import type { Cancel } from '../../src/model/clock.ts';

interface Due {
  readonly at: number;
  readonly seq: number;
  act: (() => void) | null;
}

export class SimulatedClock {
  now = 0;
  readonly #heap: Due[] = [];
  #seq = 0;

  /** Those at one moment come in the order in which they were asked for. */
  after(delay: number, act: () => void): Cancel {
    this.#seq += 1;
    const due: Due = { at: this.now + Math.max(0, delay), seq: this.#seq, act };
    this.#push(due);
    return () => (due.act = null);
  }

  /** The next that is to happen; null where nothing is, or not until then. */
  next(until: number): (() => void) | null {
    for (let due = this.#heap[0]; due !== undefined && due.at <= until; due = this.#heap[0]) {
      this.#pop();
      if (due.act === null) continue;
      this.now = due.at;
      return due.act;
    }
    return null;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !isBefore(due, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      const least = a !== undefined && b !== undefined && isBefore(b, a) ? left + 1 : left;
      const child = heap[least];
      if (child === undefined || !isBefore(child, last)) break;
      heap[at] = child;
      at = least;
    }
    heap[at] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq);
}

/** Any delay that a part asks of Node itself, and any time that it reads, is the machine's; until `restore`. */
export function takeOverTime(clock: () => SimulatedClock, isAlive: () => () => boolean): () => void {
  const globals = globalThis as unknown as Record<string, unknown>;
  const names = ['setTimeout', 'clearTimeout', 'setImmediate', 'setInterval', 'clearInterval'];
  const real = names.map((name) => [name, globals[name]] as const);
  const [now, wallClock] = [performance.now.bind(performance), Date.now.bind(Date)];
  const timer = (delay: number, act: () => void): unknown => {
    const lives = isAlive();
    const cancel = clock().after(delay, () => {
      if (lives()) act();
    });
    const handle = { cancel, unref: () => handle, ref: () => handle };
    return handle;
  };
  const clear = (handle?: { cancel: Cancel }): void => handle?.cancel();
  globals['setTimeout'] = (act: () => void, delay = 1) => timer(Math.max(1, delay), act);
  globals['setImmediate'] = (act: () => void) => timer(0, act);
  globals['setInterval'] = () => {
    throw new Error('nothing under simulation looks again and again');
  };
  globals['clearTimeout'] = clear;
  globals['clearInterval'] = clear;
  performance.now = () => clock().now;
  Date.now = () => clock().now;
  return () => {
    for (const [name, value] of real) globals[name] = value;
    performance.now = now;
    Date.now = wallClock;
  };
}
