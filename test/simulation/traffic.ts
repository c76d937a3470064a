/** What a simulated worker listens on, as its agent has it, and the requests that it answers. */
import type { Offer } from '../../src/model/protocol.ts';
import type { Machine, Process } from './machine.ts';
import type { AcceptedConnection, Descriptor, Socket } from './sockets.ts';

interface Listening {
  readonly descriptor: Descriptor;
  readonly slot: number;
  readonly isLent: boolean;
}

export interface TrafficOptions {
  readonly machine: Machine;
  readonly process: () => Process;
  readonly turns: () => boolean;
  /** The supervisor accepts for it. */
  readonly isFed: boolean;
  /** It accepts as soon as it listens. */
  readonly accepts: boolean;
}

export class Traffic {
  isDraining = false;
  inFlight = 0;
  readonly #of: TrafficOptions;
  readonly #listening: Listening[] = [];
  /** Where it listens by its name alone. */
  #isFedAt = false;
  #accepts: boolean;
  #drainEnds = Infinity;
  #whenDrained: (() => void) | null = null;

  constructor(options: TrafficOptions) {
    this.#of = options;
    this.#accepts = options.accepts;
  }

  get listens(): boolean {
    return this.#isFedAt || this.#listening.length > 0;
  }

  get isServing(): boolean {
    return !this.isDraining && this.#accepts && this.listens;
  }

  /** It is answering somebody, and has time for that. */
  get isOwing(): boolean {
    return this.inFlight > 0 && this.#of.machine.clock.now < this.#drainEnds;
  }

  get offers(): Offer[] {
    if (this.isDraining || !this.#accepts) return [];
    return this.#listening.map(({ descriptor: { socket }, slot }) => ({
      ...{ kind: 'socket', query: socket.query, slot },
    }));
  }

  descriptorOf(offer: number): Descriptor | null {
    return this.#listening[offer]?.descriptor ?? null;
  }

  /** Takes the place of `listen()`; under `isFed` the handle goes back to the supervisor. */
  listen(descriptor: Descriptor, slot: number, isLent: boolean): void {
    if (this.isDraining) return descriptor.close();
    if (this.#of.isFed && !isLent) {
      this.#isFedAt = true;
      return descriptor.close();
    }
    this.#listening.push({ descriptor, slot, isLent });
    if (this.#accepts) descriptor.listen();
  }

  giveBack(slot: number): void {
    const at = this.#listening.findIndex((one) => one.isLent && one.slot === slot);
    if (at >= 0) this.#listening.splice(at, 1)[0]?.descriptor.close();
  }

  accept(): void {
    this.#accepts = true;
    for (const { descriptor } of this.#listening) descriptor.listen();
  }

  takes(socket: Socket): boolean {
    const isMine = this.#listening.some(({ descriptor }) => descriptor.socket === socket);
    if (!this.#accepts || !this.#of.turns() || !isMine || this.isDraining) return false;
    this.#begin();
    return true;
  }

  /** A connection that the supervisor has accepted; false where it is not taken. */
  feed(connection: AcceptedConnection): boolean {
    const takes = this.listens && !this.isDraining;
    if (!takes) connection.close();
    else {
      connection.take();
      this.#begin();
    }
    return takes;
  }

  drain(timeout: number, drained: () => void): void {
    if (this.isDraining) return;
    this.isDraining = true;
    this.#isFedAt = false;
    for (const { descriptor } of this.#listening.splice(0)) descriptor.close();
    this.#drainEnds = this.#of.machine.clock.now + timeout;
    this.#whenDrained = drained;
    this.#later(timeout, () => this.#drained());
    if (this.inFlight === 0) this.#drained();
  }

  #begin(): void {
    const { random } = this.#of.machine;
    this.inFlight += 1;
    this.#later(random.chance(90) ? random.between(1, 100) : random.between(100, 3000), () => {
      this.inFlight -= 1;
      if (this.isDraining && this.inFlight === 0) this.#drained();
    });
  }

  #drained(): void {
    this.#whenDrained?.();
    this.#whenDrained = null;
  }

  #later(delay: number, act: () => void): void {
    this.#of.machine.clock.after(delay, () => {
      if (this.#of.process().isAlive && this.#of.turns()) act();
    });
  }
}
