/**
 * What a `net.Server` holds as its handle where the supervisor accepts, under `balance: round-robin` and `sticky`: the
 * connections that are this worker's are handed in here.
 */
import type { RawHandle } from './held-handle.cts';

export class FedHandle {
  /** Set by node:net; called for each connection with the server found through `this`. */
  onconnection: ((status: number, client: unknown) => void) | null = null;
  /** Missing for a unix socket, whose path the server knows. */
  readonly getsockname?: (out: object) => number;
  readonly #hold: () => () => void;
  readonly #onClose: () => void;
  /** Ends what keeps the process alive for it; null while nothing does. */
  #letGo: (() => void) | null = null;
  #listens = false;
  #released = false;

  /**
   * @param socket only asked for its name
   * @param hold keeps the process alive until what it returns is called, which a socket would do by itself
   * @param onClose called once, when the app closes the server
   */
  constructor(socket: RawHandle, hold: () => () => void, onClose: () => void) {
    const name = {};
    if (socket.getsockname?.(name) === 0) {
      this.getsockname = (out) => {
        Object.assign(out, name);
        return 0;
      };
    }
    this.#hold = hold;
    this.#onClose = onClose;
    this.ref();
  }

  /** The supervisor listens, once this worker has said that it does. */
  listen(): number {
    this.#listens = true;
    return 0;
  }

  close(callback?: () => void): void {
    const wasReleased = this.#released;
    this.release();
    if (!wasReleased) this.#onClose();
    if (callback !== undefined) setImmediate(callback);
  }

  ref(): void {
    if (!this.#released) this.#letGo ??= this.#hold();
  }

  unref(): void {
    this.#letGo?.();
    this.#letGo = null;
  }

  /** Takes no more connections. */
  release(): void {
    this.#released = true;
    this.unref();
  }

  /** Hands a connection to the server; false if it takes none any more. */
  feed(client: unknown): boolean {
    if (this.#released || !this.#listens || this.onconnection === null) return false;
    this.onconnection(0, client);
    return true;
  }
}
