/** What a simulated worker and its supervisor say to each other: in order, and some of it late. */
import type { FromAgent, ToAgent } from '../../src/model/protocol.ts';
import type { Machine } from './machine.ts';
import type { Carried, Descriptor } from './sockets.ts';
import type { Started } from './started.ts';

export interface Ends {
  readonly told: (message: ToAgent, handle: Carried | null) => void;
  readonly heard: (message: FromAgent, handle: Descriptor | null) => void;
}

export class Channel {
  /** Its supervisor was told that it listens. */
  hasSaid = false;
  readonly #worker: Pick<Started, 'process' | 'parent' | 'turns'>;
  readonly #machine: Machine;
  readonly #ends: Ends;
  /** When what is on its way to each side has arrived: nothing overtakes. */
  #arrived = { here: 0, there: 0 };
  /** What was on its way when the worker ended is not read any more. */
  #isLost = false;

  constructor(worker: Pick<Started, 'process' | 'parent' | 'turns'>, machine: Machine, ends: Ends) {
    this.#worker = worker;
    this.#machine = machine;
    this.#ends = ends;
  }

  say(message: FromAgent, handle?: Descriptor): void {
    const { parent, process } = this.#worker;
    const copy = parent.isAlive ? handle?.copyFor(parent.process) : undefined;
    this.#arrived.there = this.#delay(this.#arrived.there);
    this.#machine.clock.after(this.#arrived.there - this.#machine.clock.now, () => {
      if (!parent.isAlive) return;
      if (!process.isAlive && this.#isLost) return copy?.close();
      if (message.act === 'listening') this.hasSaid = true;
      this.#ends.heard(message, copy ?? null);
    });
  }

  send(message: ToAgent, handle: Carried | undefined): void {
    const { process } = this.#worker;
    const copy = handle?.copyFor(process) ?? null;
    this.#arrived.here = this.#delay(this.#arrived.here);
    this.#machine.clock.after(this.#arrived.here - this.#machine.clock.now, () => {
      if (process.isAlive && this.#worker.turns) this.#ends.told(message, copy);
    });
  }

  end(): void {
    this.#isLost = this.#machine.random.chance(50);
  }

  #delay(last: number): number {
    const { random, clock } = this.#machine;
    const delay = random.chance(97) ? random.between(0, 10) : random.between(10, 400);
    return Math.max(last, clock.now + delay);
  }
}
