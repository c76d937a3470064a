/** All addresses that are held, by key. */
import type { ListenQuery } from '../model/protocol.ts';
import { sameQuery } from './address.ts';
import { widerAddress } from './bind-held.ts';
import { CLOSE_GRACE } from './held-datagrams.ts';
import { close, inherit, keepOpen, newHeld, type Held } from './held-socket.ts';

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

  known(app: string, query: ListenQuery): Held | undefined {
    return this.of(app).find((held) => sameQuery(held.query, query));
  }

  add(app: string, query: ListenQuery): Held {
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
    const wider = widerAddress(held, isKept ? this.of(held.app) : this.all);
    if (wider === undefined) return false;
    keepOpen(held);
    this.#all.delete(held.key);
    inherit(wider, held);
    return true;
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
