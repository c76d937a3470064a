/**
 * `balance: least-connections`: how many open connections are a worker's share, from what the workers of one address
 * tell. They count for themselves and let go of the socket by themselves (src/agent/share.cts); here is only what
 * needs a view of all of them, and nothing is done per connection.
 */
import type { Listener } from './listener.ts';

/** Nobody lets go of the socket with so few connections, whatever the others have: short ones come and go. */
const FLOOR = 12;
/** How far the share is above what those with the fewest have: a part of it, and so many connections. */
const ABOVE = 0.15;
const ABOVE_AT_LEAST = 2;

/**
 * The connections above which a worker has too many, or null for no limit. It is above what a quarter of the workers
 * has, two at least (of two workers: one), so that these go on accepting whatever the others do.
 *
 * @param open what each worker has
 */
export function limitOf(open: readonly number[]): number | null {
  if (open.length < 2) return null;
  const sorted = [...open].sort((a, b) => a - b);
  const accepting = open.length === 2 ? 1 : Math.max(2, Math.ceil(open.length / 4));
  const most = sorted[accepting - 1] ?? 0;
  return Math.max(FLOOR, most + Math.floor(most * ABOVE) + ABOVE_AT_LEAST);
}

interface Member {
  readonly listener: Listener;
  open: number;
  /** The limit it was told last. */
  limit: number | null;
}

export class Shares {
  readonly #key: string;
  readonly #members = new Map<number, Member>();
  #isDue = false;

  constructor(key: string) {
    this.#key = key;
  }

  join(listener: Listener): void {
    this.#members.set(listener.id, { listener, open: 0, limit: null });
    this.#changed();
  }

  leave(id: number): void {
    if (this.#members.delete(id)) this.#changed();
  }

  opened(id: number, open: number): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.open = open;
    this.#changed();
  }

  /** What is told in one turn of the event loop is dealt with at once. */
  #changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#tell();
    });
  }

  #tell(): void {
    const members = [...this.#members.values()];
    const limit = limitOf(members.map(({ open }) => open));
    for (const member of members) {
      if (member.limit === limit) continue;
      member.limit = limit;
      member.listener.send({ act: 'limit', key: this.#key, limit });
    }
  }
}
