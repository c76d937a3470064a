/** Requests for an address that have to wait until others have let go of it, and who waits for whom. */
import type { SocketQuery } from '../model/protocol.ts';
import type { Held } from './held-socket.ts';
import type { Listener } from './listener.ts';

export interface Request {
  readonly listener: Listener;
  readonly seq: number;
  readonly query: SocketQuery;
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
  readonly #needs: (app: string) => readonly string[];
  #all: readonly Waiting[] = [];
  /** Those of which something has been said already. */
  readonly #told = new WeakSet<Request>();
  readonly #blocked = new WeakSet<Request>();
  /** What each has had traded where nobody listened: once, or two that cannot have all they need would trade without end. */
  readonly #freed = new WeakMap<Request, readonly Held[]>();

  /** @param needs the apps without which the rollout of one is not done, though no request of it waits */
  constructor(say: (app: string, reason: string) => void, needs: (app: string) => readonly string[]) {
    this.#say = say;
    this.#needs = needs;
  }

  /**
   * Waits. Its own app's earlier workers, orphans too, have to go at once, as nothing else would make them; another app is on its
   * way to let go by itself, unless it waits for this one: then both have to.
   *
   * @returns whether there is more to be had now, as apps that wait for each other trade what nobody listens on
   */
  add(request: Request, on: readonly Blocker[]): boolean {
    this.#all = [...this.#all, { request, on }];
    const { app } = request.listener;
    const own = on.filter(({ app: owner, held }) => owner === app && (held === null || mustBeTold(held)));
    if (own.length > 0) this.#block(request, own);
    const apps = this.#ring();
    const isMore = this.#all.map((waiting) => this.#trade(waiting, apps)).includes(true);
    this.#tell(request, on);
    return isMore;
  }

  /** All of them, to be asked again; those that still have to wait are added anew. */
  take(): Request[] {
    const all = this.#all.map(({ request }) => request);
    this.#all = [];
    return all;
  }

  /** What the app waits for. */
  of(app: string): Request[] {
    return this.#all.map(({ request }) => request).filter(({ listener }) => listener.app === app);
  }

  /** The worker wants nothing any more. */
  drop(worker: number): void {
    this.#all = this.#all.filter(({ request }) => request.listener.id !== worker);
  }

  #ring(): ReadonlySet<string> {
    const waiting = this.#all.map((one) => ({ app: one.request.listener.app, on: one.on }));
    const owners = new Set(waiting.flatMap(({ on: all }) => all.map(({ app }) => app)));
    const trading = [...owners].map((app) => ({
      app,
      on: this.#needs(app).map((other) => ({ app: other })),
    }));
    return ring([...waiting, ...trading]);
  }

  #tell(request: Request, [other]: readonly Blocker[]): void {
    if (other === undefined || this.#blocked.has(request) || this.#told.has(request)) return;
    this.#told.add(request);
    const until = `belongs to app "${other.app}" until its rollout is over, so it waits for that`;
    this.#say(request.listener.app, `${other.name} ${until}`);
  }

  #trade({ request, on }: Waiting, apps: ReadonlySet<string>): boolean {
    const { app } = request.listener;
    const others = on.filter((blocker) => blocker.app !== app && apps.has(blocker.app));
    if (others.length === 0 || !apps.has(app)) return false;
    const traded = others.flatMap(({ held }) => (held === null || held.isTraded ? [] : [held]));
    for (const held of traded) held.isTraded = true;
    this.#block(request, others);
    const free = traded.filter((held) => held.listeners.size === 0 && !this.#hasFreed(request, held));
    this.#freed.set(request, [...(this.#freed.get(request) ?? []), ...free]);
    return free.length > 0;
  }

  #hasFreed(request: Request, held: Held): boolean {
    return this.#freed.get(request)?.includes(held) === true;
  }

  #block(request: Request, on: readonly Blocker[]): void {
    const { listener } = request;
    if (this.#blocked.has(request)) return;
    this.#blocked.add(request);
    const distinct = (all: readonly string[]): string[] => [...new Set(all)];
    const others = distinct(on.map(({ app }) => app)).filter((app) => app !== listener.app);
    listener.blocked(distinct(on.map(({ name }) => name)).join(', '), others);
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
