/**
 * A held socket that is accepted from in this process. It is never listened on itself, or it could not be let go of
 * without closing it: workers send copies of it back, and one of those is listened on at a time.
 */
import type { BoundHandle, Connection } from './bind.ts';
import type { BoundSocket } from './bound-socket.ts';

/** Node's own default for `listen()`; net.core.somaxconn limits it further. */
const BACKLOG = 511;

export class CopiedSocket {
  readonly held: BoundSocket;
  /** Workers that have been asked for a copy. */
  readonly asked: Set<number> = new Set<number>();
  readonly #accepted: (client: Connection) => void;
  /** What is accepted from now. */
  #open: BoundHandle | null = null;
  /** To be accepted from next. */
  #copy: BoundHandle | null = null;

  constructor(held: BoundSocket, accepted: (client: Connection) => void) {
    this.held = held;
    this.#accepted = accepted;
  }

  copied(copy: BoundHandle): void {
    if (this.#copy === null) this.#copy = copy;
    else copy.close();
  }

  /** Accepts from now on; false where there is no copy to do so with. */
  resume(): boolean {
    if (this.#open !== null) return true;
    if (this.#copy === null) return false;
    this.#open = this.#copy;
    this.#copy = null;
    this.#open.onconnection = (status, client) => {
      if (status === 0 && client !== undefined) this.#accepted(client);
    };
    this.#open.listen(BACKLOG);
    return true;
  }

  /** Who comes waits in the socket's queue from now on. */
  pause(): void {
    this.#open?.close();
    this.#open = null;
  }

  close(): void {
    this.pause();
    this.#copy?.close();
    this.#copy = null;
  }
}
