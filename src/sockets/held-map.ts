/** All addresses that are held, by key. */
import type { SocketQuery } from '../model/protocol.ts';
import { sameQuery } from './address.ts';
import { kindredAddress, widerAddress } from './bind-held.ts';
import { close, handOnPending, inherit, keepOpen, newHeld, type Held } from './held-socket.ts';

/**
 * A worker that closes its socket and then exits is being replaced, and its queue must wait for the next one. One
 * that lives on without it has shut the port, as under node:cluster. This long decides which, in ms.
 */
const CLOSE_GRACE = 1000;

export class HeldMap {
  readonly #all = new Map<string, Held>();
  #count = 0;

  /** Each, also while some are added or removed. */
  get all(): readonly Held[] {
    return [...this.#all.values()];
  }

  get(key: string): Held | undefined {
    return this.#all.get(key);
  }

  /** What the app has. */
  of(app: string): Held[] {
    return this.all.filter((held) => held.app === app);
  }

  known(app: string, query: SocketQuery): Held | undefined {
    return this.of(app).find((held) => sameQuery(held.query, query));
  }

  add(app: string, query: SocketQuery): Held {
    this.#count += 1;
    const held = newHeld(`socket ${this.#count}`, app, query);
    this.#all.set(held.key, held);
    return held;
  }

  /**
   * For workers that listen on more than that; false where there are none.
   *
   * @param isKept whether its app comes back for it, so that it goes to nobody else
   */
  leave(held: Held, isKept = false): boolean {
    const others = isKept ? this.of(held.app) : this.all;
    const wider = widerAddress(held, others);
    if (wider === undefined) {
      const kindred = kindredAddress(held, others);
      if (kindred !== undefined) handOnPending(held, kindred);
      return false;
    }
    keepOpen(held);
    this.#all.delete(held.key);
    inherit(wider, held);
    return true;
  }

  /** A worker has taken a connection, or has not: another address may have taken it over since it was sent. */
  took(key: string, worker: number, seq: number, accepted: boolean): void {
    const isKnown = (held?: Held): boolean => held?.acceptor?.took(worker, seq, accepted) === true;
    if (!isKnown(this.get(key))) this.all.some(isKnown);
  }

  /** Unless the app listens there again: the worker that closed its last server may be on its way out. */
  closeSoon(held: Held, by: number): void {
    if (held.listeners.size > 0 || held.closing !== null) return;
    const timer = setTimeout(() => this.close(held), CLOSE_GRACE).unref();
    held.closing = { timer, by };
  }

  /** Who queues there is lost. */
  close(held: Held): void {
    close(held);
    this.#all.delete(held.key);
  }
}
