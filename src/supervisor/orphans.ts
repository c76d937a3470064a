/**
 * The workers that a dead supervisor has left: they are found, their sockets are taken over, and they serve until
 * workers of this supervisor are ready to. The plan knows nothing of them: it starts what the file asks for.
 */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Drained, Line } from '../model/notice.ts';
import type { LeftoverView } from '../model/state.ts';
import type { Offer } from '../model/protocol.ts';
import { count } from '../model/text.ts';
import { meet, type Orphan } from '../workers/orphan.ts';
import { Tree } from '../workers/tree.ts';
import { endLeftover, isAlive, type Leftover } from './leftover.ts';
import type { Roster } from './roster.ts';

/** What becomes of the orphans of an app. */
export type Fate =
  /** Workers of this supervisor take their place. */
  | 'replace'
  /** The app is not there any more, but what takes its place is not ready yet. */
  | 'stay'
  /** The app is not there any more; its addresses may go to another one. */
  | 'retire'
  /** The app will want its addresses for itself. */
  | 'give-way';

export interface OrphansOptions {
  /** Where they wait: this, a dot and their process id. */
  readonly door: string;
  /** All workers of supervisors that have died, even if they have not noticed yet. */
  readonly roster: Roster;
  /** `ports` are those that it listens on. */
  readonly fateOf: (app: string, ports: readonly number[]) => Fate;
  /** False if the socket is not needed. */
  readonly adopt: (app: string, offer: Offer, handle: object, orphan: number) => boolean;
  /** It has let go of its sockets, or has ended. */
  readonly released: (orphan: number) => void;
  /** Whether an app is on its way that may take over the addresses of one that is not there any more. */
  readonly isArriving: () => boolean;
  /** Closes what was taken over for an app. */
  readonly release: (app: string) => void;
  readonly drained: (drained: Drained) => void;
  readonly say: (line: Line) => void;
}

/** An orphan whose event loop hangs is not waited for longer than this, in ms. */
const PATIENCE = 5000;
const STEP = 20;
/** How often those are looked for that did not answer in time, in ms. */
const LATER = 500;

const REPLACED = 'its place is taken';
const LEFT = 'its app has left the file';
const SHUTTING_DOWN = 'shutting down';

export class Orphans {
  readonly #options: OrphansOptions;
  /** By process id: those that were called and have not answered yet, with how to do without them. */
  readonly #called = new Map<number, () => void>();
  readonly #orphans = new Set<Orphan>();
  /** All that were on the list at first: later ones are our own. */
  #left: readonly Leftover[] = [];
  /** Process ids of doors that nobody is behind. */
  readonly #absent = new Set<number>();
  /** Apps whose own workers all serve. */
  readonly #settled = new Set<string>();
  /** Apps that are not there any more, whose sockets were taken over. */
  readonly #retired = new Set<string>();
  #found: Promise<void> | null = null;
  #end: 'leave' | 'let go' | null = null;
  #whenGone: () => void = () => {};

  constructor(options: OrphansOptions) {
    this.#options = options;
  }

  /** Takes over all that can answer; resolves once that is done. Further calls share the first. */
  find(): Promise<void> {
    this.#found ??= this.#find();
    return this.#found;
  }

  /** A new worker of the app serves: one of the old ones can go. */
  ready(app: string): void {
    for (const orphan of this.#orphans) {
      if (orphan.app !== app || orphan.isLeaving) continue;
      return this.#leave(orphan, REPLACED);
    }
  }

  /** All new workers of the app serve, or nobody wants it any more. */
  settled(app: string): void {
    this.#settled.add(app);
    this.#leaveAll((orphan) => orphan.app === app, REPLACED);
  }

  /** A new worker of the app cannot have its address beside them: they go before it serves. */
  makeWay(app: string, name: string): void {
    this.#leaveAll((orphan) => orphan.app === app, `a new worker waits for ${name}`);
  }

  /** Closes what nobody serves on and nobody will take over any more. */
  release(): void {
    for (const orphan of this.#orphans) {
      const isAlone = this.#retired.has(orphan.app) && !orphan.isLeaving && this.#end === null;
      if (isAlone && this.#fateOf(orphan) === 'retire') this.#leave(orphan, LEFT);
    }
    if (this.#options.isArriving()) return;
    for (const app of this.#retired) {
      if ([...this.#orphans].some((orphan) => orphan.app === app)) continue;
      this.#retired.delete(app);
      const fate = this.#options.fateOf(app, []);
      if (fate === 'retire' || fate === 'stay') this.#options.release(app);
    }
  }

  /** Ends all of them; resolves when the last one has gone. */
  async end(): Promise<void> {
    this.#end = 'leave';
    this.#leaveAll(() => true, SHUTTING_DOWN);
    await this.find();
    await this.#endUnmet();
    // There was a door, and nobody of the list behind it.
    for (const pid of this.#called.keys()) new Tree(pid).signal('SIGKILL');
    if (this.#isEmpty) return;
    await new Promise<void>((resolve) => (this.#whenGone = resolve));
  }

  /** They serve on, for the next supervisor. */
  letGo(): void {
    this.#end = 'let go';
    for (const giveUp of this.#called.values()) giveUp();
    const serving = [...this.#orphans].filter(({ isLeaving }) => !isLeaving).length;
    for (const orphan of this.#orphans) orphan.letGo();
    if (serving > 0) this.#say(`${count(serving, 'worker')} of a supervisor that had died serve on`, 'bad');
  }

  killAll(): void {
    for (const orphan of this.#orphans) orphan.kill();
  }

  /** All that live: those that have said what they are, and those of the list that have not yet. */
  get living(): readonly LeftoverView[] {
    const met = [...this.#orphans].map(({ pid, app, slot }) => ({ pid, app, slot }));
    const unmet = this.#found === null ? this.#options.roster.left : this.#unmet;
    return [...met, ...unmet.map(({ pid }) => ({ pid, app: null, slot: null }))];
  }

  get #isEmpty(): boolean {
    return this.#orphans.size === 0 && this.#called.size === 0;
  }

  async #find(): Promise<void> {
    this.#left = this.#options.roster.left;
    const until = performance.now() + PATIENCE;
    for (;;) {
      this.#callAll();
      const awaited = this.#unmet.length;
      if ((awaited === 0 && this.#called.size === 0) || this.#end === 'let go') break;
      if (performance.now() > until) {
        const those = count(Math.max(awaited, this.#called.size), 'worker');
        this.#say(`${those} of a supervisor that had died did not answer within ${PATIENCE / 1000} s`, 'bad');
        void this.#waitForRest();
        break;
      }
      await delay(STEP);
    }
    const served = [...this.#orphans].filter(({ isLeaving }) => !isLeaving).length;
    if (served > 0)
      this.#say(
        `took over ${count(served, 'worker')} of a supervisor that had died: they serve until new ones do`,
      );
  }

  #callAll(): void {
    const unmet = this.#unmet.map(({ pid }) => pid);
    for (const pid of doors(this.#options.door))
      // Whoever is on the list may be about to open it.
      if (!this.#isKnown(pid) && (unmet.includes(pid) || !this.#absent.has(pid))) this.#call(pid);
  }

  /** On the list, and they have not said anything: their event loops are busy, or hang. */
  get #unmet(): readonly Leftover[] {
    return this.#left.filter((left) => !this.#isMet(left.pid) && isAlive(left));
  }

  /** Whoever has been busy is met later; who hangs still when all others have been replaced is ended. */
  async #waitForRest(): Promise<void> {
    let since = performance.now();
    while (this.#end === null && this.#unmet.length > 0) {
      this.#callAll();
      if (this.#options.isArriving()) since = performance.now();
      if (performance.now() - since > PATIENCE) await this.#endUnmet();
      await delay(LATER, undefined, { ref: false });
    }
  }

  async #endUnmet(): Promise<void> {
    const unmet = this.#unmet;
    for (const { pid } of unmet) this.#say(`ending process ${pid}: it does not answer`, 'bad');
    await Promise.all(unmet.map(endLeftover));
  }

  #isKnown(pid: number): boolean {
    return this.#called.has(pid) || this.#isMet(pid);
  }

  #isMet(pid: number): boolean {
    return [...this.#orphans].some((orphan) => orphan.pid === pid);
  }

  #call(pid: number): void {
    const door = `${this.#options.door}.${pid}`;
    const giveUp = meet(door, {
      met: (orphan) => void this.#takeOver(orphan, pid),
      released: () => this.#options.released(pid),
      gone: (orphan) => {
        this.#called.delete(pid);
        this.#options.released(pid);
        if (orphan === null) this.#absent.add(pid);
        else this.#gone(orphan);
        if (!exists(pid)) rmSync(door, { force: true });
        if (this.#isEmpty) this.#whenGone();
      },
    });
    this.#called.set(pid, giveUp);
  }

  async #takeOver(orphan: Orphan, pid: number): Promise<void> {
    const { adopt } = this.#options;
    const fate = this.#fateOf(orphan);
    if (fate === 'retire' || fate === 'stay') this.#retired.add(orphan.app);
    for (const [i, offer] of orphan.offers.entries()) {
      if (fate === 'give-way' || this.#end !== null) break;
      const handle = await orphan.take(i);
      if (handle !== null && !adopt(orphan.app, offer, handle, pid)) (handle as { close(): void }).close();
    }
    // It may have ended meanwhile.
    if (!this.#called.delete(pid)) return;
    this.#orphans.add(orphan);
    const cause = this.#causeToGo(orphan.app, fate);
    if (this.#end === 'let go') orphan.letGo();
    // It is on its way already.
    else if (orphan.offers.length === 0) orphan.leave();
    else if (cause !== null) this.#leave(orphan, cause);
  }

  #fateOf({ app, offers }: Orphan): Fate {
    return this.#options.fateOf(
      app,
      offers.map(({ query }) => query.port),
    );
  }

  #causeToGo(app: string, fate: Fate): string | null {
    if (this.#end !== null) return SHUTTING_DOWN;
    if (fate === 'retire') return LEFT;
    if (fate === 'give-way') return 'its app runs in fork mode now';
    return this.#settled.has(app) ? REPLACED : null;
  }

  #leaveAll(which: (orphan: Orphan) => boolean, cause: string): void {
    for (const orphan of this.#orphans) if (which(orphan) && !orphan.isLeaving) this.#leave(orphan, cause);
  }

  #leave(orphan: Orphan, cause: string): void {
    this.#say(`${orphan.app}:${orphan.slot} draining (pid ${orphan.pid}): ${cause}`);
    orphan.leave();
  }

  #gone(orphan: Orphan): void {
    if (!this.#orphans.delete(orphan)) return;
    const { app, slot, pid, ledger, isLeaving } = orphan;
    if (ledger !== null) this.#options.drained({ app, slot, pid, ledger });
    else if (!isLeaving && this.#end === null) this.#say(`${app}:${slot} (pid ${pid}) ended`, 'bad');
    this.release();
  }

  #say(text: string, level: Line['level'] = 'info'): void {
    this.#options.say({ level, text });
  }
}

/** The process ids of orphans that wait, or of such that were killed while they did. */
export function doors(door: string): number[] {
  const prefix = `${path.basename(door)}.`;
  return readdirSync(path.dirname(door))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
