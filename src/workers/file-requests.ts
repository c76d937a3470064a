/**
 * Requests for unix sockets at whose name there is a file already. It is looked at and removed once for each request, if
 * nobody has it open; the request is answered only then.
 */
import type { removeDead } from './dead-file.ts';
import type { Request } from './waiting.ts';

/** @param why the file is there still, in one clause; null if it is not */
type Looked = (request: Request, why: string | null) => void;

export class FileRequests {
  readonly #removeDead: typeof removeDead;
  readonly #looked: Looked;
  readonly #pending = new Set<Request>();
  readonly #done = new WeakSet<Request>();

  constructor(removeDead_: typeof removeDead, looked: Looked) {
    this.#removeDead = removeDead_;
    this.#looked = looked;
  }

  /** False if it has been tried for this request. */
  add(request: Request): boolean {
    const { address } = request.query;
    if (address === null || this.#done.has(request)) return false;
    this.#done.add(request);
    this.#pending.add(request);
    void this.#removeDead(address, request.tenant.user).then((why) => {
      if (this.#pending.delete(request)) this.#looked(request, why);
    });
    return true;
  }

  countOf(app: string): number {
    return [...this.#pending].filter(({ tenant }) => tenant.app === app).length;
  }

  /** The worker wants nothing any more. */
  drop(worker: number): void {
    for (const request of this.#pending) if (request.tenant.id === worker) this.#pending.delete(request);
  }
}
