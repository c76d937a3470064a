/**
 * What a `net.Server` holds as its handle in a worker: a stand-in in front of the socket that the supervisor holds.
 * node:cluster gives servers such stand-ins itself under round robin, so Node expects no more than these methods.
 *
 * Letting go of the socket (drain) leaves the server as the app knows it: `listening`, `address()` and `close()`
 * go on working. With `balance: kernel` a neighbour's socket can be attached besides the own one; with
 * `least-connections` the own one can be let go of for a while. A worker that has to be ready before it accepts listens
 * as far as the app can see, and in truth only then.
 */
import type { ListenQuery } from '../model/protocol.ts';

/** The part of Node's TCP and Pipe handles that is used. */
export interface RawHandle {
  listen(backlog: number): number;
  close(callback?: () => void): void;
  ref(): void;
  unref(): void;
  getsockname?(out: object): number;
  onconnection: ((status: number, client: unknown) => void) | null;
}

export class HeldHandle {
  readonly query: ListenQuery;
  /** Set by node:net; called for each connection with the server found through `this`. */
  onconnection: ((status: number, client: unknown) => void) | null = null;
  /** Goes on answering after the socket has been let go of. */
  readonly getsockname?: (out: object) => number;
  readonly #slot: number;
  #own: RawHandle;
  /** Other copies of the own socket, to take it again with. */
  readonly #copies: RawHandle[] = [];
  #isPaused = false;
  #isUnref = false;
  readonly #lent = new Map<number, RawHandle>();
  readonly #onClose: () => void;
  #backlog: number | null = null;
  #released = false;
  #accepts: boolean;
  /** The backlog of a `listen()` that waits for `accept`. */
  #waiting: number | null = null;

  /**
   * @param slot that the socket belongs to
   * @param accepts from `listen()` on; else only after `accept`.
   * @param onClose called once, when the app closes the server.
   */
  constructor(
    own: RawHandle,
    { query, slot, accepts }: { query: ListenQuery; slot: number; accepts: boolean },
    onClose: () => void,
  ) {
    this.query = query;
    this.#slot = slot;
    this.#own = own;
    this.#accepts = accepts;
    this.#onClose = onClose;
    const name = {};
    // Pipe handles have none, and net.Server asks whether there is one.
    if (own.getsockname?.(name) === 0) {
      this.getsockname = (out) => {
        Object.assign(out, name);
        return 0;
      };
    }
    this.#deliver(own);
  }

  listen(backlog: number): number {
    if (!this.#accepts) {
      this.#waiting = backlog;
      return 0;
    }
    const errno = this.#own.listen(backlog);
    if (errno === 0) {
      this.#backlog = backlog;
      for (const raw of this.#lent.values()) raw.listen(backlog);
    }
    return errno;
  }

  /** Accepts from now on, or from `listen()`; returns a libuv error number. */
  accept(): number {
    this.#accepts = true;
    const backlog = this.#waiting;
    this.#waiting = null;
    return backlog === null || this.#released ? 0 : this.listen(backlog);
  }

  close(callback?: () => void): void {
    const wasReleased = this.#released;
    this.release();
    if (!wasReleased) this.#onClose();
    if (callback !== undefined) setImmediate(callback);
  }

  ref(): void {
    this.#isUnref = false;
    this.#own.ref();
  }

  unref(): void {
    this.#isUnref = true;
    this.#own.unref();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Keeps a copy of the own socket for `resume`. */
  keepCopy(raw: RawHandle): void {
    if (this.#released) return raw.close();
    // Neither keeps the process alive nor shows among its active handles.
    raw.unref();
    this.#copies.push(raw);
  }

  /** Lets go of the own socket until `resume`; false where it cannot, for want of a copy to take it again with. */
  pause(): boolean {
    if (this.#released || this.#isPaused || this.#backlog === null) return false;
    const copy = this.#copies.pop();
    if (copy === undefined) return false;
    this.#isPaused = true;
    this.#own.close();
    this.#own = copy;
    return true;
  }

  /** Accepts again after `pause`. */
  resume(): void {
    if (this.#released || !this.#isPaused || this.#backlog === null) return;
    this.#isPaused = false;
    this.#deliver(this.#own);
    this.#own.listen(this.#backlog);
    if (!this.#isUnref) this.#own.ref();
  }

  /** Accepts no more. The socket stays open in the supervisor, so whoever queues there is not lost. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#own.close();
    for (const raw of this.#copies) raw.close();
    for (const raw of this.#lent.values()) raw.close();
    this.#lent.clear();
  }

  /** Accepts from the socket of `slot` as well. */
  attach(slot: number, raw: RawHandle): void {
    if (this.#released || this.#lent.has(slot)) return raw.close();
    this.#lent.set(slot, raw);
    this.#deliver(raw);
    if (this.#backlog !== null) raw.listen(this.#backlog);
  }

  /** Takes a connection that was accepted elsewhere; false if the server takes none now. */
  feed(client: unknown): boolean {
    if (this.#released || this.#backlog === null || this.onconnection === null) return false;
    this.onconnection(0, client);
    return true;
  }

  /** Gives the socket of `slot` back. */
  detach(slot: number): void {
    this.#lent.get(slot)?.close();
    this.#lent.delete(slot);
  }

  /** The sockets it accepts from, by slot; none before it listens, and after it has let go of them. */
  get sockets(): ReadonlyMap<number, RawHandle> {
    return new Map(this.#released || this.#backlog === null ? [] : [[this.#slot, this.#own], ...this.#lent]);
  }

  #deliver(raw: RawHandle): void {
    raw.onconnection = (status, client) => this.onconnection?.(status, client);
  }
}
