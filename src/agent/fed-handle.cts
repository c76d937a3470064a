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
  readonly #onClose: () => void;
  #listens = false;
  #released = false;

  /**
   * @param socket only asked for its name
   * @param onClose called once, when the app closes the server
   */
  constructor(socket: RawHandle, onClose: () => void) {
    const name = {};
    if (socket.getsockname?.(name) === 0) {
      this.getsockname = (out) => {
        Object.assign(out, name);
        return 0;
      };
    }
    this.#onClose = onClose;
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

  /** There is nothing here that could keep the process alive; the channel to the supervisor does. */
  ref(): void {}
  unref(): void {}

  /** Takes no more connections. */
  release(): void {
    this.#released = true;
  }

  /** Hands a connection to the server; false if it takes none any more. */
  feed(client: unknown): boolean {
    if (this.#released || !this.#listens || this.onconnection === null) return false;
    this.onconnection(0, client);
    return true;
  }
}
