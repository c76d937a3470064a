/**
 * The supervisor's own life, in one place: starting → running → ending → ended. Nothing goes back, and what is under way
 * when the end begins is told so: nobody hears that something was done which the end then undoes.
 */

export type Phase = 'starting' | 'running' | 'ending' | 'ended';

/** What moves it on: all has been taken over and begun; somebody wants it to end; the last process has gone. */
export type Move = 'started' | 'end' | 'gone';

const NEXT: Readonly<Record<Phase, Partial<Record<Move, Phase>>>> = {
  starting: { started: 'running', end: 'ending' },
  running: { end: 'ending' },
  ending: { gone: 'ended' },
  ended: {},
};

/** The phase after `move`; null where it changes nothing. */
export function next(phase: Phase, move: Move): Phase | null {
  return NEXT[phase][move] ?? null;
}

/** The supervisor is on its way out: what was asked for is not done, or does not last. */
export class Ending extends Error {
  constructor() {
    super('the supervisor is shutting down');
  }
}

export class Lifecycle {
  #starting: Promise<void> | null = null;
  #ending: Promise<void> | null = null;
  #phase: Phase = 'starting';
  #waiting: { readonly until: (phase: Phase) => boolean; readonly resolve: () => void }[] = [];

  get phase(): Phase {
    return this.#phase;
  }

  /** Nothing may be begun any more. */
  get isOver(): boolean {
    return this.#phase === 'ending' || this.#phase === 'ended';
  }

  /** Takes over what there is, and begins once that is done; unless the end comes first. */
  start(takeOver: () => Promise<void>, begin: () => void): Promise<void> {
    return (this.#starting ??= this.#start(takeOver, begin));
  }

  /**
   * Ends once, whoever asks for it and however often; resolves when all has ended.
   *
   * @param drain resolves when the last process has gone
   * @param last what is to be done once nothing is begun any more
   */
  end(drain: () => Promise<void>, last: () => void): Promise<void> {
    return (this.#ending ??= this.#end(drain, last));
  }

  /** Resolves once it has ended. */
  ended(): Promise<void> {
    return this.#phase === 'ended' ? Promise.resolve() : this.#reached((phase) => phase === 'ended').promise;
  }

  /** Whether that changed anything: only the first `end` does, and nothing is `started` once it is to end. */
  move(move: Move): boolean {
    const phase = next(this.#phase, move);
    if (phase === null) return false;
    this.#phase = phase;
    const due = this.#waiting.filter(({ until }) => until(phase));
    this.#waiting = this.#waiting.filter(({ until }) => !until(phase));
    for (const { resolve } of due) resolve();
    return true;
  }

  /**
   * Begins `work` once it runs, and resolves with what comes of that as long as it does.
   *
   * @throws Ending
   */
  async whileRunning<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#phase === 'starting') await this.#reached((phase) => phase !== 'starting').promise;
    if (!this.#runs()) throw new Ending();
    const end = this.#reached((phase) => phase !== 'running');
    try {
      const first = await Promise.race([Promise.resolve(work()).then((result) => ({ result })), end.promise]);
      // What came of it in the same moment is part of the end.
      if (first === undefined || !this.#runs()) throw new Ending();
      return first.result;
    } finally {
      end.forget();
    }
  }

  async #start(takeOver: () => Promise<void>, begin: () => void): Promise<void> {
    if (this.isOver) return;
    await takeOver();
    if (this.move('started')) begin();
  }

  async #end(drain: () => Promise<void>, last: () => void): Promise<void> {
    this.move('end');
    // What the start was ending has ended then, and it begins nothing more.
    await Promise.all([this.#starting, drain()]);
    last();
    this.move('gone');
  }

  #runs(): boolean {
    return this.#phase === 'running';
  }

  #reached(until: (phase: Phase) => boolean): { promise: Promise<void>; forget: () => void } {
    let resolve = (): void => {};
    const promise = new Promise<void>((done) => (resolve = done));
    const waiting = { until, resolve };
    this.#waiting.push(waiting);
    return { promise, forget: () => (this.#waiting = this.#waiting.filter((other) => other !== waiting)) };
  }
}
