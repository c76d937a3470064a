/** The account of a drain: who was in flight, and what became of them. */
import type { Cut, DrainLedger } from '../model/ledger.ts';
import type { Pending } from './traffic.cts';

/** So many different requests are named. */
const MAX_NAMES = 10;
/** What is said of a request of which nothing more is known. */
const UNFINISHED = 'a request whose head had not come in full';

export class Ledger {
  readonly #inFlight = new Set<Pending>();
  /** Connections that have carried a request during the drain. */
  readonly #busy = new Set<object>();
  readonly #cut = new Map<string, number>();
  #atStart = 0;
  #arrived = 0;
  #finished = 0;
  #aborted = 0;
  #cutOff = 0;
  #connections: number;
  readonly #nameOf: (pending: Pending) => string;

  /** @param connections that are open as the drain begins. */
  constructor(
    connections: number,
    pending: Iterable<[Pending, object]>,
    nameOf: (pending: Pending) => string,
  ) {
    this.#connections = connections;
    this.#nameOf = nameOf;
    for (const [one, carrier] of pending) {
      this.#inFlight.add(one);
      this.#busy.add(carrier);
    }
    this.#atStart = this.#inFlight.size;
  }

  /** Requests that are in flight now. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Another connection was accepted before the server let go of its socket. */
  opened(): void {
    this.#connections += 1;
  }

  began(pending: Pending, carrier: object): void {
    this.#arrived += 1;
    this.#inFlight.add(pending);
    this.#busy.add(carrier);
  }

  ended(pending: Pending, how: 'finished' | 'aborted'): void {
    if (!this.#inFlight.delete(pending)) return;
    if (how === 'finished') this.#finished += 1;
    else this.#aborted += 1;
  }

  /** It is about to be ended before its time. */
  cutOff(pending: Pending): void {
    if (!this.#inFlight.delete(pending)) return;
    this.#cutOff += 1;
    count(this.#cut, this.#nameOf(pending));
  }

  /**
   * What it comes to if the process ends now.
   *
   * @param heads connections on which a request has begun to come
   */
  close(heads: readonly object[] = []): DrainLedger {
    const begun = heads.filter((carrier) => !this.#busy.has(carrier)).length;
    const cut = new Map(this.#cut);
    const left = [...this.#inFlight].filter((pending) => !isOver(pending));
    for (const pending of left) count(cut, this.#nameOf(pending));
    if (begun > 0) cut.set(UNFINISHED, begun);
    return {
      inFlight: this.#atStart,
      arrived: this.#arrived + begun,
      finished: this.#finished + this.#inFlight.size - left.length,
      aborted: this.#aborted,
      cutOff: this.#cutOff + left.length + begun,
      // A probe of ours is a request without a connection.
      closedIdle: Math.max(0, this.#connections - this.#busy.size - begun),
      cut: Array.from(cut, ([request, times]): Cut => ({ request, times }))
        .sort((a, b) => b.times - a.times)
        .slice(0, MAX_NAMES),
    };
  }
}

/** It has ended, though the event that says so is still to come. */
function isOver(pending: Pending): boolean {
  return 'req' in pending ? pending.writableFinished : pending.destroyed;
}

function count(names: Map<string, number>, name: string): void {
  names.set(name, (names.get(name) ?? 0) + 1);
}
