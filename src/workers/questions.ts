/** What a worker is asked about itself, and who waits for the answers. */
import type { ProbeOutcome, ToAgent } from '../model/protocol.ts';

export class Questions {
  readonly #send: (message: ToAgent) => void;
  readonly #probes = new Map<number, (outcome: ProbeOutcome) => void>();
  #whenTurned: (() => void) | null = null;
  #lastSeq = 0;

  constructor(send: (message: ToAgent) => void) {
    this.#send = send;
  }

  /** Asks the worker's own HTTP server for a path. One that is blocked, or ends, does not answer. */
  probe(path: string, timeout: number, answer: (outcome: ProbeOutcome) => void): void {
    this.#lastSeq += 1;
    this.#probes.set(this.#lastSeq, answer);
    this.#send({ act: 'probe', seq: this.#lastSeq, path, timeout });
  }

  /** Asks its event loop to turn. Asked again before it has, only the last one who asked is told. */
  turn(answer: () => void): void {
    this.#whenTurned = answer;
    this.#send({ act: 'ping', about: 'loop' });
  }

  probed(seq: number, outcome: ProbeOutcome): void {
    this.#probes.get(seq)?.(outcome);
    this.#probes.delete(seq);
  }

  turned(): void {
    this.#whenTurned?.();
    this.#whenTurned = null;
  }
}
