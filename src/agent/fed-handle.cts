/**
 * What a `net.Server` holds as its handle under `balance: sticky`: the supervisor accepts, and each connection whose
 * client belongs to this worker's slot is handed in here.
 */
import type { RawHandle } from './held-handle.cts';

export class FedHandle {
  /** Set by node:net; called for each connection with the server found through `this`. */
  onconnection: ((status: number, client: unknown) => void) | null = null;
  readonly #name = {};
  readonly #onClose: () => void;
  #listens = false;
  #released = false;

  /**
   * @param socket only asked for its name
   * @param onClose called once, when the app closes the server
   */
  constructor(socket: RawHandle, onClose: () => void) {
    socket.getsockname?.(this.#name);
    this.#onClose = onClose;
  }

  /** The supervisor listens, once this worker has said that it does. */
  listen(): number {
    this.#listens = true;
    return 0;
  }

  getsockname(out: object): number {
    Object.assign(out, this.#name);
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
