/** Requests for an address that have to wait until others have let go of it, and who waits for whom. */
import type { ListenQuery } from '../model/protocol.ts';
import type { Held } from './held-socket.ts';
import type { Listener } from './listener.ts';

export interface Request {
  readonly listener: Listener;
  readonly seq: number;
  readonly query: ListenQuery;
}

/** What has to go before. */
export interface Blocker {
  readonly app: string;
  /** Null for the port of a process in fork mode. */
  readonly held: Held | null;
  /** `port 8080`. */
  readonly name: string;
}

interface Waiting {
  readonly request: Request;
  readonly on: readonly Blocker[];
}

export class WaitingRequests {
  readonly #say: (app: string, reason: string) => void;
  #all: readonly Waiting[] = [];
  /** Those of which something has been said already. */
  readonly #told = new WeakSet<Request>();
  readonly #blocked = new WeakSet<Request>();

  constructor(say: (app: string, reason: string) => void) {
    this.#say = say;
  }

  /**
   * Waits. Its own app's earlier workers, orphans too, have to go at once, as nothing else would make them; another app is on its
   * way to let go by itself, unless it waits for this one: then both have to.
   */
  add(request: Request, on: readonly Blocker[]): void {
    this.#all = [...this.#all, { request, on }];
    const { app } = request.listener;
    const own = on.filter(({ app: owner, held }) => owner === app && (held === null || mustBeTold(held)));
    if (own.length > 0) this.#block(request, own);
    const apps = ring(this.#all.map((waiting) => ({ app: waiting.request.listener.app, on: waiting.on })));
    for (const waiting of this.#all) this.#trade(waiting, apps);
    const [other] = on;
    if (other === undefined || this.#blocked.has(request) || this.#told.has(request)) return;
    this.#told.add(request);
    this.#say(
      app,
      `${other.name} belongs to app "${other.app}" until its rollout is over, so it waits for that`,
    );
  }

  /** All of them, to be asked again; those that still have to wait are added anew. */
  take(): Request[] {
    const all = this.#all.map(({ request }) => request);
    this.#all = [];
    return all;
  }

  /** How many addresses the app waits for. */
  countOf(app: string): number {
    return this.#all.filter(({ request }) => request.listener.app === app).length;
  }

  /** The worker wants nothing any more. */
  drop(worker: number): void {
    this.#all = this.#all.filter(({ request }) => request.listener.id !== worker);
  }

  #trade({ request, on }: Waiting, apps: ReadonlySet<string>): void {
    const { app } = request.listener;
    const others = on.filter((blocker) => blocker.app !== app && apps.has(blocker.app));
    if (others.length === 0 || !apps.has(app)) return;
    for (const { held } of others) if (held !== null) held.isTraded = true;
    this.#block(request, others);
  }

  #block(request: Request, on: readonly Blocker[]): void {
    if (this.#blocked.has(request)) return;
    this.#blocked.add(request);
    request.listener.blocked([...new Set(on.map(({ name }) => name))].join(', '));
  }
}

/** Whether somebody accepts there who is not on the way out. */
function mustBeTold({ listeners, orphans }: Held): boolean {
  return listeners.size > 0 || orphans.size > 0;
}

/** Apps that wait for each other, so that none of them can be first: each can get back to itself. */
export function ring(
  waiting: readonly { readonly app: string; readonly on: readonly Pick<Blocker, 'app'>[] }[],
): ReadonlySet<string> {
  const next = new Map<string, Set<string>>();
  for (const { app, on } of waiting) {
    const others = on.map((blocker) => blocker.app).filter((other) => other !== app);
    next.set(app, new Set([...(next.get(app) ?? []), ...others]));
  }
  return new Set([...next.keys()].filter((app) => reaches(app, app, next)));
}

function reaches(from: string, to: string, next: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let app = open.pop(); app !== undefined; app = open.pop()) {
    for (const other of next.get(app) ?? []) {
      if (other === to) return true;
      if (!seen.has(other)) open.push(other);
      seen.add(other);
    }
  }
  return false;
}
