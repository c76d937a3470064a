/**
 * Requests for unix sockets at whose name there is a file already. It is looked at once for each, and removed if nobody
 * has it open; then all is asked again, as another worker of the app may have the socket by now.
 */
import type { removeDead } from './dead-file.ts';
import type { Request } from './waiting-requests.ts';

export class FileRequests {
  readonly #remove: typeof removeDead;
  readonly #again: (request: Request) => void;
  readonly #pending = new Set<Request>();
  /** Of those that were looked at: why the file is there still, in one clause; null if it is not. */
  readonly #looked = new WeakMap<Request, string | null>();

  constructor(remove: typeof removeDead, again: (request: Request) => void) {
    this.#remove = remove;
    this.#again = again;
  }

  /** Looks at the file; undefined until that is done, then why it is there still. */
  look(request: Request): string | null | undefined {
    const { address } = request.query;
    if (address === null || this.#looked.has(request)) return this.#looked.get(request) ?? null;
    this.#pending.add(request);
    void this.#remove(address, request.listener.user).then((why) => {
      this.#looked.set(request, why);
      if (this.#pending.delete(request)) this.#again(request);
    });
    return undefined;
  }

  of(app: string): Request[] {
    return [...this.#pending].filter(({ listener }) => listener.app === app);
  }

  /** The worker wants nothing any more. */
  drop(worker: number): void {
    for (const request of this.#pending) if (request.listener.id === worker) this.#pending.delete(request);
  }
}
