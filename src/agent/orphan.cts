/**
 * A worker whose supervisor has died. Its sockets are its own, so it serves on, and hands them to the next supervisor;
 * if none comes in time it leaves. One that has nothing to serve on with finishes what is in flight, and leaves.
 */
import { rmSync } from 'node:fs';
import { sendBy } from './channel.cts';
import type { Drain } from './drain.cts';
import { openRendezvousSocket, type Send } from './rendezvous-socket.cts';
import type { AgentConfig, FromAgent, Offer, ToAgent } from '../model/protocol.ts';
import type { StopSpec } from '../model/spec.ts';

export class Orphan {
  readonly #drain: Drain;
  readonly #offers: () => [Offer, object][];
  readonly #handle: (message: ToAgent) => void;
  /** How long it may serve on, in ms; like all durations of the file no longer than a timer takes. */
  #timeout = 0;

  /**
   * @param offers what it can hand on
   * @param handle does what the next supervisor says.
   */
  constructor(drain: Drain, offers: () => [Offer, object][], handle: (message: ToAgent) => void) {
    this.#drain = drain;
    this.#offers = offers;
    this.#handle = handle;
  }

  serveOn(timeout: number): void {
    this.#timeout = timeout;
  }

  /** The supervisor is gone. */
  begin(config: AgentConfig): void {
    const { stop } = config;
    if (this.#timeout === 0 || this.#offered().length === 0) this.leave(stop);
    // The next supervisor changes nothing about that: if it can use this worker's time, it asks it to go before.
    else setTimeout(() => this.leave(stop), this.#timeout).unref();
    // Whoever leaves can be found as well, and waited for.
    const path = `${config.rendezvous}.${process.pid}`;
    process.once('exit', () => rmSync(path, { force: true }));
    this.#wait(path, config);
  }

  /** Finishes what is in flight, and exits. */
  leave({ drainTimeout }: StopSpec): void {
    this.#drain.begin({ timeout: drainTimeout, hook: null }, () => process.exit(0));
    setTimeout(() => process.exit(0), drainTimeout).unref();
  }

  #wait(path: string, config: AgentConfig): void {
    try {
      this.#waitAt(path, config);
    } catch {
      // Nobody could take the sockets over, and beside this worker nobody could have them.
      this.leave(config.stop);
    }
  }

  #waitAt(path: string, config: AgentConfig): void {
    const { app, slot, stop } = config;
    let mine: [Offer, object][] = [];
    let answer: Send = () => {};
    openRendezvousSocket(path, {
      onConnect: (send) => {
        mine = this.#offered();
        answer = send;
        sendBy(send);
        const { pid } = process;
        const offers = mine.map(([offer]) => offer);
        send({ act: 'orphan', pid, app, slot, stop, offers } satisfies FromAgent);
      },
      onMessage: (words) => {
        const message = words as ToAgent;
        if (message.act === 'give') answer({ act: 'given' } satisfies FromAgent, mine[message.offer]?.[1]);
        else if (message.act === 'shutdown') process.emit('message', 'shutdown', undefined);
        else if (message.act === 'drain') this.#handle(message);
      },
      onClose: () => {
        sendBy(null);
        // Nobody is there to be told that it has drained.
        if (this.#drain.isUnderWay) this.leave(stop);
        this.#wait(path, config);
      },
    });
  }

  /** Nothing once it drains. */
  #offered(): [Offer, object][] {
    return this.#drain.isUnderWay ? [] : this.#offers();
  }
}
