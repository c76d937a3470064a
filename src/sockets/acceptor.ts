/**
 * Accepts at one address and hands each connection to a worker: `balance: round-robin` and `sticky`. The kernel can do
 * neither (SO_REUSEPORT spreads by address and port), and a worker that accepted another one's connection would have
 * to send it here all the same.
 *
 * While no worker is there to take connections, they wait in the socket's queue. A connection stays open here until
 * its worker says that it has it, so that it goes to another one if the worker dies before.
 */
import type { AgentConfig, ToAgent } from '../model/protocol.ts';
import type { BoundHandle, Connection } from './bind.ts';
import type { BoundSocket } from './bound-socket.ts';
import { CopiedSocket } from './copied-socket.ts';
import { isFull, MAX_PENDING, nextWorker } from './next-worker.ts';

/** A worker that connections are handed to. */
export interface Receiver {
  readonly id: number;
  readonly slot: number;
  readonly balance: AgentConfig['balance'];
  readonly send: (message: ToAgent, handle?: object) => void;
}

interface Member {
  readonly slot: number;
  readonly worker: Receiver;
  untaken: number;
  isFull: boolean;
  sentAt: number;
}

interface Pending {
  readonly client: Connection;
  /** Of the client; a unix socket's has none. */
  readonly address: string;
}

export class Acceptor {
  readonly #key: string;
  readonly #other: () => Receiver | undefined;
  /** By slot. */
  readonly #sockets = new Map<number, CopiedSocket>();
  /** By worker id, in the order in which they began to listen. */
  readonly #members = new Map<number, Member>();
  /** Sent to nobody yet, in the order in which they came. */
  readonly #waiting = new Map<number, Pending>();
  /** Sent and not answered for, by the worker. */
  readonly #sent = new Map<number, Map<number, Pending>>();
  #pending = 0;
  #isFull = false;
  #turn = 0;
  readonly #seqs: { last: number };

  /**
   * @param other a worker that accepts for itself at the same address: what is left when the last member goes is its
   * @param seqs the number of the last connection that any of those had which may take over from one another
   */
  constructor(key: string, other: () => Receiver | undefined, seqs: { last: number }) {
    this.#key = key;
    this.#other = other;
    this.#seqs = seqs;
  }

  /** Accepts from these sockets, by slot, and no others. */
  acceptFrom(all: ReadonlyMap<number, BoundSocket>): void {
    for (const [slot, socket] of this.#sockets) {
      if (all.get(slot) === socket.held) continue;
      socket.close();
      this.#sockets.delete(slot);
    }
    for (const [slot, held] of all) {
      if (this.#sockets.has(slot)) continue;
      this.#sockets.set(slot, new CopiedSocket(held, (client) => this.#accepted(client)));
    }
    this.#regulate();
  }

  /** A worker listens. */
  join(worker: Receiver): void {
    const { id, slot } = worker;
    if (this.#members.has(id)) return;
    this.#members.set(id, { slot, worker, untaken: 0, isFull: false, sentAt: 0 });
    this.#count(id);
    this.review();
  }

  /** A worker takes no more than it has been sent. */
  leave(id: number): void {
    this.#members.delete(id);
    for (const { asked } of this.#sockets.values()) asked.delete(id);
    this.review();
  }

  /** A worker has ended: what it has not taken goes to another one, first of all. */
  ended(id: number): void {
    const left = [...(this.#sent.get(id) ?? []), ...this.#waiting];
    this.#sent.delete(id);
    this.#waiting.clear();
    for (const [seq, pending] of left) this.#waiting.set(seq, pending);
    this.leave(id);
  }

  /** A worker has sent a socket back. */
  copied(id: number, slot: number, copy: BoundHandle): void {
    const socket = this.#sockets.get(slot);
    if (socket === undefined) return copy.close();
    socket.asked.delete(id);
    socket.copied(copy);
    this.#regulate();
  }

  /** A worker has taken a connection that it was sent, or has not; false if none was sent from here. */
  took(id: number, seq: number, accepted: boolean): boolean {
    const sent = this.#sent.get(id);
    const pending = sent?.get(seq);
    if (sent === undefined || pending === undefined) return false;
    sent.delete(seq);
    if (sent.size === 0) this.#sent.delete(id);
    this.#count(id);
    if (accepted) {
      pending.client.close();
      this.#pending -= 1;
      this.review();
    } else {
      this.#waiting.set(seq, pending);
      // Its server has closed, and it would send this one back again.
      this.leave(id);
    }
    return true;
  }

  /** What another one has accepted, and no worker has taken yet, is handed out from here; it accepts no more. */
  takeOver(other: Acceptor): void {
    for (const [seq, pending] of other.#waiting) this.#waiting.set(seq, pending);
    for (const [id, sent] of other.#sent)
      this.#sent.set(id, new Map([...(this.#sent.get(id) ?? []), ...sent]));
    this.#pending += other.#pending;
    other.#waiting.clear();
    other.#sent.clear();
    other.close();
    this.review();
  }

  /** Sends what waits to whoever can take it, and sees to what is accepted from. */
  review(): void {
    for (const [seq, pending] of this.#waiting) {
      const to = this.#next(pending.address);
      if (to === undefined) break;
      this.#waiting.delete(seq);
      this.#send(seq, pending, to);
    }
    this.#regulate();
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    for (const all of [this.#waiting, ...this.#sent.values()])
      for (const { client } of all.values()) client.close();
    for (const all of [this.#sockets, this.#members, this.#waiting, this.#sent]) all.clear();
    this.#pending = 0;
  }

  #accepted(client: Connection): void {
    const name: { address?: string } = {};
    // A client that has gone already has no address any more; its worker will see.
    client.getpeername?.(name);
    this.#seqs.last += 1;
    this.#pending += 1;
    this.#waiting.set(this.#seqs.last, { client, address: name.address ?? '' });
    this.review();
  }

  /** During a change of balance it is that of the worker that came last. */
  #next(address: string): Receiver | undefined {
    const members = [...this.#members.values()];
    const last = members.at(-1);
    if (last === undefined) return this.#other();
    return nextWorker(members, last.worker.balance, address)?.worker;
  }

  #send(seq: number, pending: Pending, to: Receiver): void {
    const sent = this.#sent.get(to.id) ?? new Map<number, Pending>();
    this.#sent.set(to.id, sent.set(seq, pending));
    this.#turn += 1;
    const member = this.#members.get(to.id);
    if (member !== undefined) member.sentAt = this.#turn;
    this.#count(to.id);
    to.send({ act: 'connection', key: this.#key, seq }, pending.client);
  }

  #count(id: number): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.untaken = this.#sent.get(id)?.size ?? 0;
    member.isFull = isFull(member, member.worker.balance, this.#members.size);
  }

  /** Accepts while there is somebody to take connections, and not too many wait for it. */
  #regulate(): void {
    this.#isFull = this.#pending > (this.#isFull ? MAX_PENDING / 2 : MAX_PENDING);
    const isOpen = this.#members.size > 0 && !this.#isFull;
    for (const [slot, socket] of this.#sockets) {
      if (!isOpen) socket.pause();
      else if (!socket.resume()) this.#ask(slot, socket);
    }
  }

  /** All of them for a copy, as any one may be blocked. */
  #ask(slot: number, { held, asked }: CopiedSocket): void {
    for (const [id, { worker }] of this.#members) {
      if (asked.has(id)) continue;
      asked.add(id);
      worker.send({ act: 'duplicate', key: this.#key, slot }, held);
    }
  }
}
