/**
 * The datagram sockets of all apps, held as the listening sockets are: the supervisor binds them and never reads, so
 * what comes while an app has no worker waits for the next one. node:cluster's own sharing ends with the last worker.
 */
import { includesPort, type PortRange } from '../model/ports.ts';
import type { DatagramQuery, ToAgent } from '../model/protocol.ts';
import { EMFILE } from './bind.ts';
import { isShared, ownerOf, type Apps } from './verdict.ts';
import { handOver, withdraw } from './succession.ts';
import { bindDatagrams, type BoundDatagrams } from './bind-datagrams.ts';

/**
 * A worker that closes its socket and then exits is being replaced, and its queue must wait for the next one. One
 * that lives on without it has shut the port, as under node:cluster. This long decides which, in ms.
 */
export const CLOSE_GRACE = 1000;

/** An app has no more addresses to listen on, and no more for datagrams, than this at a time. */
export const MAX_ADDRESSES = 256;

export function tooMany(name: string): string {
  return `${name} is not opened: an app has at most ${MAX_ADDRESSES} addresses at a time`;
}

/** A worker, as far as datagrams are concerned. */
interface Reader {
  readonly id: number;
  readonly app: string;
  readonly send: (message: ToAgent, handle?: object) => void;
}

interface Held {
  readonly key: string;
  readonly query: DatagramQuery;
  readonly bound: BoundDatagrams;
  app: string;
  /** Another app that has it beside its own one, whose place it takes: it has it alone once that is gone. */
  successor: string | null;
  /** Workers that read from it, and their apps. */
  readonly readers: Map<number, string>;
  /** Runs after the app itself closed its last socket here. */
  closing: { readonly timer: NodeJS.Timeout; readonly by: number } | null;
}

export class HeldDatagrams {
  readonly #held = new Map<string, Held>();
  readonly #apps: Pick<Apps, 'isWanted' | 'isStaying'>;
  readonly #bindNow: typeof bindDatagrams;
  #count = 0;

  constructor(apps: Pick<Apps, 'isWanted' | 'isStaying'>, bind: typeof bindDatagrams = bindDatagrams) {
    this.#apps = apps;
    this.#bindNow = bind;
  }

  /** Takes a socket that an orphan of the app has handed on; false if it is held already. */
  adopt(app: string, query: DatagramQuery, handle: { close(): void }): boolean {
    if ([...this.#held.values()].some((held) => isSame(held.query, query))) return false;
    this.#add(app, query, { handle, close: () => handle.close() });
    return true;
  }

  /** Answers `datagrams`: binds where need be and hands the worker its socket. */
  socket(reader: Reader, seq: number, query: DatagramQuery): void {
    const held = this.#find(reader.app, query) ?? this.#bindNew(reader.app, query);
    if (typeof held === 'number') return reader.send({ act: 'socket', seq, errno: held, key: null });
    held.readers.set(reader.id, reader.app);
    if (held.app !== reader.app) held.successor = reader.app;
    this.#keepOpen(held);
    reader.send({ act: 'socket', seq, errno: 0, key: held.key }, held.bound.handle);
  }

  /** The app closed a socket; keys of others are none of ours. */
  closed(id: number, key: string): void {
    const held = this.#held.get(key);
    if (held?.readers.delete(id) !== true || held.readers.size > 0) return;
    held.closing = { timer: setTimeout(() => this.#close(held), CLOSE_GRACE).unref(), by: id };
  }

  /** A worker reads no more: it was told to drain, or has ended. */
  leave(id: number): void {
    for (const held of this.#held.values()) {
      held.readers.delete(id);
      if (held.closing?.by === id) this.#keepOpen(held);
    }
  }

  /** Closes what no worker of the app reads from any more; called once its rollout is complete. */
  settle(app: string): void {
    for (const held of this.#held.values())
      if (![...held.readers.values()].includes(app)) withdraw(held, app);
    this.#handOver(app);
    for (const held of this.#of(app)) if (held.readers.size === 0) this.#close(held);
  }

  /** Closes what no worker of the app reads from, on these ports; null is on all. */
  clear(app: string, ports: PortRange | null): void {
    for (const held of this.#of(app))
      if (held.readers.size === 0 && includesPort(ports, held.query.port)) this.#close(held);
  }

  /** Closes all that the app had, but for what another one has taken over from it. */
  release(app: string): void {
    for (const held of this.#held.values()) withdraw(held, app);
    this.#handOver(app);
    for (const held of this.#of(app)) this.#close(held);
  }

  #handOver(app: string): void {
    for (const held of this.#of(app)) handOver(held, [...held.readers.values()], this.#apps);
  }

  #find(app: string, query: DatagramQuery): Held | undefined {
    const known = [...this.#held.values()].find((held) => isSame(held.query, query));
    if (known === undefined || isShared(known, app, this.#apps)) return known;
    if (this.#apps.isWanted(ownerOf(known, this.#apps))) return undefined;
    return Object.assign(known, { app, successor: null });
  }

  #bindNew(app: string, query: DatagramQuery): Held | number {
    const isFull = (): boolean => this.#of(app).length >= MAX_ADDRESSES;
    if (isFull()) for (const held of this.#of(app)) if (held.readers.size === 0) this.#close(held);
    return isFull() ? EMFILE : this.#bind(app, query);
  }

  #bind(app: string, query: DatagramQuery): Held | number {
    const bound = this.#bindNow(query);
    return typeof bound === 'number' ? bound : this.#add(app, query, bound);
  }

  #add(app: string, query: DatagramQuery, bound: BoundDatagrams): Held {
    this.#count += 1;
    const key = `datagrams ${this.#count}`;
    const held: Held = { key, query, bound, app, successor: null, readers: new Map(), closing: null };
    this.#held.set(key, held);
    return held;
  }

  #keepOpen(held: Held): void {
    clearTimeout(held.closing?.timer);
    held.closing = null;
  }

  #close(held: Held): void {
    this.#keepOpen(held);
    held.bound.close();
    this.#held.delete(held.key);
  }

  #of(app: string): Held[] {
    return [...this.#held.values()].filter((held) => held.app === app);
  }
}

function isSame(a: DatagramQuery, b: DatagramQuery): boolean {
  return (
    a.address === b.address &&
    a.port === b.port &&
    a.type === b.type &&
    a.flags === b.flags &&
    a.index === b.index
  );
}
