/**
 * A worker in cluster mode whose own supervisor has died, as the next one sees it (src/agent/orphan.cts is the worker's
 * side). It is not a child of this process: nothing is known of how it ends, nor of what it writes.
 */
import type { DrainLedger } from '../model/ledger.ts';
import type { FromAgent, Offer } from '../model/protocol.ts';
import type { StopSpec } from '../model/spec.ts';
import { parseFromAgent } from './from-agent.ts';
import { OrphanChannel } from './orphan-channel.ts';
import { signalGroup, signalOne } from './signal.ts';
import { Tree } from './tree.ts';

/** What it says of itself first. */
type Hello = Extract<FromAgent, { act: 'orphan' }>;

export class Orphan {
  readonly pid: number;
  readonly app: string;
  readonly slot: number;
  readonly offers: readonly Offer[];
  /** What its drain has come to, as far as it has told. */
  ledger: DrainLedger | null = null;
  readonly #stop: StopSpec;
  readonly #channel: OrphanChannel;
  #given: (handle: object | null) => void = () => {};
  #isLeaving = false;
  #isSignalled = false;
  #drainTimer: NodeJS.Timeout | undefined;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(channel: OrphanChannel, { pid, app, slot, stop, offers }: Hello) {
    this.#channel = channel;
    this.#stop = stop;
    this.pid = pid;
    this.app = app;
    this.slot = slot;
    this.offers = offers;
  }

  /** It has been told to go. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** A socket that it offers, by its index; null if that has been closed. To be asked for one after the other. */
  take(offer: number): Promise<object | null> {
    return new Promise((resolve) => {
      this.#given = resolve;
      this.#channel.send({ act: 'give', offer });
    });
  }

  /** Drains it, then stops it, then kills it, each in its time; at most once. */
  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    const { drainTimeout, killSignal, message } = this.#stop;
    this.#channel.send({ act: 'drain', timeout: drainTimeout, hook: message ? 'message' : killSignal });
    this.#drainTimer = setTimeout(() => this.#drained(), drainTimeout);
    this.#killAfter(drainTimeout);
  }

  /** SIGKILL to all that it has started, too. */
  kill(): void {
    new Tree(this.pid).signal('SIGKILL');
  }

  /** Leaves it to another supervisor, or to itself. */
  letGo(): void {
    this.#isLeaving = false;
    this.#stopTimers();
    this.#channel.close();
  }

  hear(message: FromAgent, takeHandle: () => object | null): void {
    if (message.act === 'given') this.#given(takeHandle());
    else if (message.act === 'ledger') this.ledger = message.ledger;
    else if (message.act === 'drained') this.#drained();
    // Only upgraded connections are left: it may know better how to close them, in what remains of its drain.
    else if (message.act === 'quiet') this.#signal();
  }

  ended(): void {
    this.#stopTimers();
    this.#given(null);
    // What it left behind in its group ends with it.
    if (this.#isLeaving) signalGroup(this.pid, 'SIGKILL');
  }

  /** Nothing is in flight any more, or what is gets no more time. */
  #drained(): void {
    if (!this.#isLeaving) return;
    clearTimeout(this.#drainTimer);
    this.#signal();
    this.#killAfter(0);
  }

  #signal(): void {
    if (!this.#isLeaving || this.#isSignalled) return;
    this.#isSignalled = true;
    const { message, killSignal } = this.#stop;
    if (message) this.#channel.send({ act: 'shutdown' });
    else signalOne(this.pid, killSignal);
  }

  /** @param drain what remains of its drain, in ms */
  #killAfter(drain: number): void {
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => this.kill(), drain + this.#stop.killTimeout);
  }

  #stopTimers(): void {
    clearTimeout(this.#drainTimer);
    clearTimeout(this.#killTimer);
  }
}

export interface Events<Met = Orphan> {
  /** It has said who it is. One whose event loop hangs keeps that waiting. */
  readonly met: (orphan: Met) => void;
  /** It has let go of its sockets. */
  readonly released: () => void;
  /** It has ended, or was let go of; or nobody was there. */
  readonly gone: (orphan: Met | null) => void;
}

/**
 * @param rendezvous the socket that the orphan waits at
 * @returns a function that does without it, for as long as it has not been met
 */
export function meet(rendezvous: string, { met, released, gone }: Events): () => void {
  let orphan: Orphan | null = null;
  const channel = new OrphanChannel(
    rendezvous,
    (words, takeHandle) => {
      const message = parseFromAgent(words);
      if (message === null) return;
      // Told as it begins to drain, once it has let go of its sockets.
      if (message.act === 'ledger') released();
      if (orphan !== null) return orphan.hear(message, takeHandle);
      // The process id is what is signalled, so it is not taken from whoever happens to answer.
      if (message.act !== 'orphan' || !rendezvous.endsWith(`.${message.pid}`)) return channel.close();
      orphan = new Orphan(channel, message);
      met(orphan);
    },
    () => {
      orphan?.ended();
      gone(orphan);
    },
  );
  return () => channel.close();
}
