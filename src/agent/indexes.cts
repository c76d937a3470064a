/**
 * Tells apart several sockets of one worker that ask for the same address. The lowest free number is taken, so that
 * close() and then listen() meet the same socket, and the first one of each worker is one and the same.
 */
export class Indexes {
  readonly #used = new Map<string, Set<number>>();

  /** @param address all that makes it the same one. */
  take(...address: unknown[]): { index: number; free: () => void } {
    const name = address.map(String).join(' ');
    const used = this.#used.get(name) ?? new Set();
    this.#used.set(name, used);
    let index = 0;
    while (used.has(index)) index++;
    used.add(index);
    return { index, free: () => used.delete(index) };
  }
}
