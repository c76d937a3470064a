/**
 * What workers ask for with `listen()` and `bind()`: answered with a held socket, bound where need be; with a no and its reason; or
 * kept until those that have the address have let go of it.
 */
import type { ListenQuery, SocketQuery } from '../model/protocol.ts';
import { isDatagrams, letsOthersIn, nameOf, overlap, sameQuery } from './address.ts';
import { bind, canReusePort, EACCES, EADDRINUSE, EMFILE } from './bind.ts';
import { bindSlot, type Binding } from './bind-held.ts';
import { Allowance } from '../shared/token-bucket.ts';
import { removeDead } from './dead-file.ts';
import { FileRequests } from './file-requests.ts';
import type { HeldMap } from './held-map.ts';
import { handOut, isIdle, keepOpen, SHARED, startAccepting, type Held } from './held-socket.ts';
import type { Listener } from './listener.ts';
import { isShared, ownerOf, verdictOn, type Apps } from './verdict.ts';
import { takenBy, type Owner, type Taken } from './port-owner.ts';
import { WaitingRequests, type Request } from './waiting-requests.ts';

export interface SocketRequestsOptions extends Apps {
  /** Says why an app cannot have an address, or not yet, in one sentence. */
  readonly refuse: (app: string, reason: string) => void;
  /** The worker that a process belongs to; null if it is none of ours. */
  readonly workerOf: (pid: number) => Owner | null;
}

/** An app has no more addresses to listen on, and no more for datagrams, than this at a time. */
const MAX_ADDRESSES = 256;

/** What is asked of the system. */
export interface System extends Binding {
  readonly takenBy: (app: string, query: SocketQuery, workerOf: (pid: number) => Owner | null) => Taken;
  readonly removeDead: typeof removeDead;
}

/** Of other supervisors it knows nothing. */
export const SYSTEM: System = {
  bind,
  canReusePort,
  takenBy: (app, query, workerOf) => takenBy(app, query, workerOf, () => null),
  removeDead,
};

const JUST_MADE = 'another process has just made it';

export class SocketRequests {
  readonly #held: HeldMap;
  readonly #options: SocketRequestsOptions;
  readonly #system: System;
  readonly #waiting: WaitingRequests;
  readonly #files: FileRequests;
  #isAsking = false;
  #isToAsk = false;
  readonly #words = new Allowance(50, 1);
  /** Looking for the owner of a port means looking at all processes; what is only to be told takes none from a verdict. */
  readonly #searches = { toTell: new Allowance(50, 1), toDecide: new Allowance(50, 1) };
  /** Who was found to have the port that a request waits for. */
  readonly #owners = new WeakMap<Request, Taken>();

  constructor(held: HeldMap, options: SocketRequestsOptions, system: System) {
    this.#held = held;
    this.#options = options;
    this.#system = system;
    this.#waiting = new WaitingRequests((app, reason) => this.#say(app, reason), options.needs);
    this.#files = new FileRequests(system.removeDead, (request) => this.ask(request));
  }

  /** Answers `socket` and `datagrams`, now or later: binds where need be and hands the worker its socket. */
  ask(request: Request): void {
    const { listener, query } = request;
    if (this.#isTooMuch(request)) {
      const why = `${nameOf(query)} is not opened: an app has at most ${MAX_ADDRESSES} addresses at a time`;
      return this.#refuse(request, EMFILE, why);
    }
    const verdict = verdictOn(request, this.#held.all, this.#options, this.#system.canReusePort());
    if (verdict.kind === 'refused') return this.#refuse(request, EADDRINUSE, verdict.reason);
    if (verdict.kind === 'waits') return this.#wait(request, verdict.on);
    for (const held of verdict.close) this.#held.close(held);
    for (const held of verdict.take)
      Object.assign(held, { app: listener.app, successor: null, isTraded: false });
    // What was another's may be in the way of its new app still.
    if (verdict.take.length > 0) return this.ask(request);
    const known = this.#held.known(listener.app, query) ?? this.#shared(request);
    // A second server of the same worker on the same address.
    if (known === undefined && query.index > 0 && query.port !== 0 && !letsOthersIn(query))
      return this.#refuse(request, EADDRINUSE, null);
    this.#give(request, known ?? this.#held.add(listener.app, query));
  }

  #wait(request: Request, on: readonly Held[]): void {
    const { app } = request.listener;
    const blockers = on.map((held) => {
      return {
        app: isShared(held, app, this.#options) ? app : ownerOf(held, this.#options),
        held,
        name: nameOf(held.query),
      };
    });
    if (this.#waiting.add(request, blockers)) this.askAgain();
  }

  /** Asks again for all that waits: somebody has let go of an address, or may not need it any more. */
  askAgain(): void {
    this.#isToAsk = true;
    // Whoever waits meanwhile may set others free: one after the other, not one within the other.
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      while (this.#isToAsk) {
        this.#isToAsk = false;
        for (const request of this.#waiting.take()) this.ask(request);
      }
    } finally {
      this.#isAsking = false;
    }
  }

  /** A worker waits for nothing any more. */
  drop(worker: number): void {
    this.#waiting.drop(worker);
    this.#files.drop(worker);
  }

  /** Answers `socket` with no; says why, in one sentence. */
  deny({ listener, seq, query }: Request, why: string): void {
    this.#refuse({ listener, seq, query }, EACCES, `${nameOf(query)} is not opened: ${why}`);
  }

  /** Says who has the address of a worker whose own `listen()` has failed. */
  listenFailed({ app }: Listener, query: ListenQuery): void {
    this.#say(app, this.takenBy(app, query).reason);
  }

  takenBy(app: string, query: SocketQuery): Taken {
    return this.#searches.toTell.take(app) ? this.#search(app, query) : unknown(query);
  }

  #search(app: string, query: SocketQuery): Taken {
    return this.#system.takenBy(app, query, this.#options.workerOf);
  }

  /** What an app that stays for this one listens on. */
  #shared({ listener, query }: Request): Held | undefined {
    return this.#held.all.find(
      (held) =>
        sameQuery(held.query, query) &&
        overlap(held.query, query) &&
        isShared(held, listener.app, this.#options),
    );
  }

  #give(request: Request, held: Held): void {
    const { listener, seq, query } = request;
    // The kernel spreads over sockets of one port; the name of a unix socket has one alone.
    const isSpread =
      listener.balance === 'kernel' && !isDatagrams(query) && query.port >= 0 && this.#system.canReusePort();
    const slot = isSpread ? listener.slot : SHARED;
    const errno = bindSlot(held, slot, this.#held.all, this.#system);
    if (errno !== 0) {
      if (held.sockets.size === 0 && isIdle(held)) this.#held.close(held);
      return errno === EADDRINUSE ? this.#occupied(request) : this.#refuse(request, errno, null);
    }
    keepOpen(held);
    held.isTraded = false;
    if (listener.app !== held.app) held.successor = listener.app;
    held.listeners.set(listener.id, { listener, slot, listening: false });
    handOut(held, listener, seq, slot);
    if (isDatagrams(query)) this.#reads(held, listener);
  }

  /** Nothing more is said of a socket for datagrams: it is read from now on. */
  #reads(held: Held, listener: Listener): void {
    const attached = held.listeners.get(listener.id);
    if (attached !== undefined) attached.listening = true;
    held.hasListened = true;
    startAccepting(held, listener);
  }

  /** Somebody listens there. Nobody knows before what a process in fork mode will listen on. */
  #occupied(request: Request): void {
    const { listener, query } = request;
    if (query.port < 0) return this.#fileThere(request);
    const isToSearch = this.#searches.toDecide.take(listener.app);
    const taken = isToSearch ? this.#search(listener.app, query) : this.#owners.get(request);
    const { owner, reason } = taken ?? unknown(query);
    if (owner === null || !this.#isOnItsWayOut(owner, listener))
      return this.#refuse(request, EADDRINUSE, reason);
    // One that stays for this app makes way once it waits, as this app's own earlier workers do.
    const app = this.#options.isStaying(owner.app) ? listener.app : owner.app;
    this.#owners.set(request, { owner, reason });
    this.#waiting.add(request, [{ app, held: null, name: nameOf(query) }]);
  }

  #fileThere(request: Request): void {
    const why = this.#files.look(request);
    if (why !== undefined)
      this.#refuse(request, EADDRINUSE, `${nameOf(request.query)} is not opened: ${why ?? JUST_MADE}`);
  }

  #isOnItsWayOut({ app, revision }: Owner, listener: Listener): boolean {
    if (app === listener.app) return revision !== listener.revision;
    return !this.#options.isWanted(app) || this.#options.isRolling(app);
  }

  #refuse({ listener, seq }: Request, errno: number, reason: string | null): void {
    if (reason !== null) this.#say(listener.app, reason);
    listener.send({ act: 'socket', seq, errno, key: null });
  }

  #isTooMuch({ listener: { app }, query }: Request): boolean {
    if (this.#held.known(app, query) !== undefined) return false;
    const isAlike = (other: { readonly query: SocketQuery }): boolean =>
      isDatagrams(other.query) === isDatagrams(query);
    const held = (): Held[] => this.#held.of(app).filter(isAlike);
    const pending = [...this.#waiting.of(app), ...this.#files.of(app)].filter(isAlike).length;
    const isFull = (): boolean => held().length + pending >= MAX_ADDRESSES;
    if (isFull()) for (const one of held()) if (isIdle(one)) this.#held.close(one);
    return isFull();
  }

  /** An app that asks again and again is answered each time, and told of now and then. */
  #say(app: string, reason: string): void {
    if (this.#words.take(app)) this.#options.refuse(app, reason);
  }
}

function unknown(query: SocketQuery): Taken {
  return { owner: null, reason: `${nameOf(query)} is taken` };
}
