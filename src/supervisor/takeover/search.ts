/**
 * Finds the workers that a dead supervisor has left: those that wait at a rendezvous socket, and those of its list that
 * have not come to one yet, as their event loops are busy, or hang.
 */
import type { Timers } from '../../model/clock.ts';
import type { Line } from '../../model/notice.ts';
import type { LeftoverView } from '../../model/state.ts';
import { count } from '../../model/text.ts';
import type { Events, Orphan } from '../../workers/orphan.ts';
import type { Leftover } from './leftover.ts';

/** One that has said who it is. */
export type MetOrphan = Pick<
  Orphan,
  'pid' | 'app' | 'slot' | 'offers' | 'ledger' | 'isLeaving' | 'take' | 'leave' | 'kill' | 'letGo'
>;

/** What is asked of the system. */
export interface OrphanSystem {
  /** The process ids of those that wait to be met, or of such that were killed while they did. */
  readonly waiting: () => readonly number[];
  /** Calls one that waits, until the returned function is called. */
  readonly meet: (pid: number, events: Events<MetOrphan>) => () => void;
  /** Removes where a process has waited that is not there any more. */
  readonly tidy: (pid: number) => void;
  readonly isAlive: (left: Leftover) => boolean;
  /** Its signal, its time, then SIGKILL; resolves once it is gone, or will not go. */
  readonly endLeftover: (left: Leftover) => Promise<void>;
  /** SIGKILL to it and all that it has started. */
  readonly kill: (pid: number) => void;
}

export interface SearchOptions {
  readonly system: OrphanSystem;
  readonly timers: Timers;
  /** Takes over what it has; resolves once that is done. Must not reject. */
  readonly take: (orphan: MetOrphan) => Promise<void>;
  /** That is done, and it is still there. */
  readonly taken: (orphan: MetOrphan) => void;
  /** The process with this id has let go of what it listens on, or has ended. */
  readonly released: (pid: number, hasEnded: boolean) => void;
  /** One that had been taken over has ended, or was let go of. */
  readonly gone: (orphan: MetOrphan) => void;
  /** An app is on its way: those that hang may come round until it is there. */
  readonly isArriving: () => boolean;
  readonly say: (text: string, level: Line['level']) => void;
}

/** One whose event loop hangs is not waited for longer than this, in ms. */
const PATIENCE = 5000;
const STEP = 20;
/** How often those are looked for that did not answer in time, in ms. */
const LATER = 500;

export class Search {
  /** All that have been taken over, and are there. */
  readonly orphans: Set<MetOrphan> = new Set<MetOrphan>();
  readonly #options: SearchOptions;
  /** By process id: those that were called and have not answered yet, with how to do without them. */
  readonly #called = new Map<number, () => void>();
  /** All that were on the list at first: later ones are our own. */
  readonly #left: readonly Leftover[];
  /** Those that are not there though something is left of where they waited. */
  readonly #absent = new Set<number>();
  #isOver = false;
  #whenGone = (): void => {};
  #wake = (): void => {};

  /** @param left those that a dead supervisor has written down, even if they have not noticed yet that it died */
  constructor(left: readonly Leftover[], options: SearchOptions) {
    this.#left = left;
    this.#options = options;
  }

  /** All that live: those that have said what they are, and those of the list that have not yet. */
  get living(): readonly LeftoverView[] {
    const met = [...this.orphans].map(({ pid, app, slot }) => ({ pid, app, slot }));
    return [...met, ...this.#unmet.map(({ pid }) => ({ pid, app: null, slot: null }))];
  }

  /** Takes over all that can answer in time; resolves with whether nobody is left to be met. */
  async find(): Promise<boolean> {
    const { timers, say } = this.#options;
    const until = timers.now() + PATIENCE;
    for (;;) {
      this.#callAll();
      const awaited = this.#unmet.length;
      if ((awaited === 0 && this.#called.size === 0) || this.#isOver) return true;
      if (timers.now() > until) {
        const those = count(Math.max(awaited, this.#called.size), 'worker');
        say(`${those} of a supervisor that had died did not answer within ${PATIENCE / 1000} s`, 'bad');
        return false;
      }
      await this.#pause(STEP);
    }
  }

  /** Whoever has been busy is met later; who hangs still when all others have been replaced is ended. */
  async meetTheRest(): Promise<void> {
    const { timers, isArriving } = this.#options;
    let since = timers.now();
    while (!this.#isOver && this.#unmet.length > 0) {
      this.#callAll();
      if (isArriving()) since = timers.now();
      if (timers.now() - since > PATIENCE) await this.#endUnmet();
      await this.#pause(LATER);
    }
  }

  /** Nobody is looked for any more, and who has not answered yet is given up. */
  giveUp(): void {
    this.#isOver = true;
    for (const giveUp of this.#called.values()) giveUp();
    this.#wake();
  }

  /** Ends all that cannot be asked to go; resolves when the last one of all has gone. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#wake();
    await this.#endUnmet();
    // Something was left to call at, and nobody of the list behind it.
    for (const pid of this.#called.keys()) this.#options.system.kill(pid);
    if (!this.#isEmpty) await new Promise<void>((resolve) => (this.#whenGone = resolve));
  }

  /** Ends early once it is over. */
  #pause(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.timers.after(delay, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  get #isEmpty(): boolean {
    return this.orphans.size === 0 && this.#called.size === 0;
  }

  get #unmet(): readonly Leftover[] {
    return this.#left.filter((left) => !this.#isMet(left.pid) && this.#options.system.isAlive(left));
  }

  async #endUnmet(): Promise<void> {
    const { system, say } = this.#options;
    const unmet = this.#unmet;
    for (const { pid } of unmet) say(`ending process ${pid}: it does not answer`, 'bad');
    await Promise.all(unmet.map((left) => system.endLeftover(left)));
  }

  #isMet(pid: number): boolean {
    return [...this.orphans].some((orphan) => orphan.pid === pid);
  }

  #callAll(): void {
    const unmet = this.#unmet.map(({ pid }) => pid);
    for (const pid of this.#options.system.waiting()) {
      const isKnown = this.#called.has(pid) || this.#isMet(pid);
      // Whoever is on the list may be about to come.
      if (!isKnown && (unmet.includes(pid) || !this.#absent.has(pid))) this.#call(pid);
    }
  }

  #call(pid: number): void {
    const { system, released } = this.#options;
    const giveUp = system.meet(pid, {
      met: (orphan) => void this.#takeOver(orphan, pid),
      released: () => released(pid, false),
      gone: (orphan) => {
        this.#called.delete(pid);
        released(pid, true);
        if (orphan === null) this.#absent.add(pid);
        else if (this.orphans.delete(orphan)) this.#options.gone(orphan);
        system.tidy(pid);
        if (this.#isEmpty) this.#whenGone();
      },
    });
    this.#called.set(pid, giveUp);
  }

  async #takeOver(orphan: MetOrphan, pid: number): Promise<void> {
    await this.#options.take(orphan);
    // It may have ended meanwhile.
    if (!this.#called.delete(pid)) return;
    this.orphans.add(orphan);
    this.#options.taken(orphan);
  }
}
