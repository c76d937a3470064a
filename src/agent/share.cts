/**
 * `balance: least-connections`, in the worker: lets go of a held socket while its open connections are more than the
 * worker's share, so that others fill up. How many that is the supervisor says.
 *
 * Whoever lets go has a copy of the socket in hand to take it again with, so that needs nobody's help.
 */
import type { HeldHandle, RawHandle } from './held-handle.cts';
import { OpenCount } from './open-count.cts';
import { PauseBudget } from './pause-budget.cts';
import { QueuePeek } from './queue-peek.cts';
import type { FromAgent } from '../model/protocol.ts';

/** Connections must fall this far below the limit before it accepts again, or it would let go again at once. */
const ENOUGH = 0.9;

/** The part of `HeldHandle` that is used. */
export type PausableHandle = Pick<HeldHandle, 'isPaused' | 'pause' | 'resume' | 'keepCopy'>;

export class Share {
  readonly #key: string;
  readonly #handle: PausableHandle;
  readonly #send: (message: FromAgent) => void;
  readonly #count: OpenCount;
  readonly #budget = new PauseBudget();
  readonly #peek: QueuePeek;
  /** More open connections than this are too many; null is no limit. */
  #limit: number | null = null;

  constructor(key: string, handle: PausableHandle, send: (message: FromAgent) => void) {
    this.#key = key;
    this.#handle = handle;
    this.#send = send;
    this.#count = new OpenCount((open) => send({ act: 'open', key, open }));
    this.#peek = new QueuePeek({
      began: () => handle.resume(),
      ended: (isAgain) => {
        if (isAgain) this.#budget.wasForNothing(performance.now());
        this.#pauseIfAbove(false);
      },
    });
  }

  opened(): void {
    this.#count.change(1);
    if (this.#peek.isUnderWay) this.#peek.took();
    else this.#pauseIfAbove(true);
  }

  /** A listener for each connection's end. */
  readonly closed = (): void => {
    this.#count.change(-1);
    if (!this.#handle.isPaused || this.#isAbove(ENOUGH)) return;
    this.#budget.endedByItself(performance.now());
    this.#resume();
  };

  /** The supervisor's word on how many connections are enough. */
  limit(limit: number | null): void {
    this.#limit = limit;
    if (!this.#handle.isPaused || this.#isAbove(1)) return;
    this.#budget.wasOfUse();
    this.#resume();
  }

  /** A copy of the socket for the next time. */
  keepCopy(raw: RawHandle): void {
    this.#handle.keepCopy(raw);
    if (!this.#peek.isUnderWay) this.#pauseIfAbove(true);
  }

  #isAbove(part: number): boolean {
    return this.#limit !== null && this.#count.open > this.#limit * part;
  }

  #pauseIfAbove(isFirst: boolean): void {
    if (!this.#isAbove(1)) return;
    const now = performance.now();
    if (!this.#budget.allows(now) || !this.#handle.pause()) return;
    this.#budget.paused(now);
    this.#send({ act: 'paused', key: this.#key, open: this.#count.told() });
    this.#peek.schedule(isFirst);
  }

  #resume(): void {
    this.#peek.cancel();
    this.#handle.resume();
  }
}
