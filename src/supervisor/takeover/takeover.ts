/**
 * The workers that a dead supervisor has left: they are found, their sockets are taken over, and they serve until
 * workers of this supervisor are ready to. The plan knows nothing of them: it starts what the file asks for.
 */
import type { Timers } from '../../model/clock.ts';
import type { Drained, Line, Notice } from '../../model/notice.ts';
import type { Offer } from '../../model/protocol.ts';
import type { ObservedApp } from '../../model/observed.ts';
import type { LeftoverView } from '../../model/state.ts';
import { count } from '../../model/text.ts';
import type { Failed } from '../guarded.ts';
import type { Disposition } from './disposition.ts';
import type { Leftover } from './leftover.ts';
import { Search, type MetOrphan, type OrphanSystem } from './search.ts';

export interface TakeoverOptions {
  readonly system: OrphanSystem;
  readonly timers: Timers;
  /** All workers of supervisors that have died, even if they have not noticed yet. */
  readonly left: () => readonly Leftover[];
  /** `ports` are those that it listens on. */
  readonly dispositionOf: (app: string, ports: readonly number[]) => Disposition;
  /** False if the socket is not needed. */
  readonly adopt: (app: string, offer: Offer, handle: object, orphan: number) => boolean;
  /** It has let go of what it listens on, or has ended. */
  readonly released: (orphan: number, hasEnded: boolean) => void;
  /** Whether it is there, or on its way out. */
  readonly isKnown: (app: string) => boolean;
  /** Whether an app is on its way that may take over the addresses of one that is not there any more. */
  readonly isArriving: () => boolean;
  /** Closes what was taken over for an app. */
  readonly release: (app: string) => void;
  readonly drained: (drained: Drained) => void;
  readonly say: (line: Line) => void;
  readonly failed: Failed;
}

const REPLACED = 'its place is taken';
const LEFT = 'its app has left the file';
const FORKED = 'its app runs in fork mode now';
const SHUTTING_DOWN = 'shutting down';

export class Takeover {
  readonly #options: TakeoverOptions;
  #search: Search | null = null;
  #found: Promise<void> | null = null;
  /** Apps whose own workers all serve. */
  readonly #settled = new Set<string>();
  /** Apps that are not there any more, whose sockets were taken over. */
  readonly #retired = new Set<string>();
  /** Apps whose sockets were taken over, and that have not been there yet. */
  readonly #awaited = new Set<string>();
  #end: 'leave' | 'let go' | null = null;

  constructor(options: TakeoverOptions) {
    this.#options = options;
  }

  /** Takes over all that can answer; resolves once that is done. Further calls share the first. */
  find(): Promise<void> {
    return (this.#found ??= this.#find());
  }

  /** A worker of this supervisor serves now, or all of an app do. @param names the apps of the file */
  noticed(notice: Notice, names: readonly string[]): void {
    if (notice.type === 'step') {
      const { kind, app } = notice.step;
      if (kind === 'ready') this.#replaceOne(app);
      if (kind === 'complete' || kind === 'remove') this.#replaceAll(app);
    }
    if (notice.type === 'converged') for (const name of names) this.#replaceAll(name);
    this.#review();
  }

  /** For workers that cannot have their address while orphans of their app have it: those go before these serve. */
  makeWay(apps: readonly ObservedApp[]): void {
    for (const { name, workers } of apps) {
      const waiting = workers.find(({ blocked }) => blocked !== null);
      const cause = `a new worker waits for ${waiting?.blocked ?? ''}`;
      if (waiting !== undefined) this.#leaveAll(({ app }) => app === name, cause);
    }
  }

  /** Ends all of them; resolves when the last one has gone. */
  async end(): Promise<void> {
    this.#end = 'leave';
    this.#leaveAll(() => true, SHUTTING_DOWN);
    await this.find();
    await this.#search?.end();
  }

  /** They serve on, for the next supervisor. */
  letGo(): void {
    this.#end = 'let go';
    this.#search?.giveUp();
    const serving = this.#orphans.filter(({ isLeaving }) => !isLeaving).length;
    for (const orphan of this.#orphans) orphan.letGo();
    if (serving > 0) this.#say(`${count(serving, 'worker')} of a supervisor that had died serve on`, 'bad');
  }

  killAll(): void {
    for (const orphan of this.#orphans) orphan.kill();
  }

  /** All that live. */
  get living(): readonly LeftoverView[] {
    const { left } = this.#options;
    return this.#search?.living ?? left().map(({ pid }) => ({ pid, app: null, slot: null }));
  }

  async #find(): Promise<void> {
    const { system, timers, left, isArriving, released, failed } = this.#options;
    const search = new Search(left(), {
      system,
      timers,
      take: (orphan) => this.#take(orphan),
      taken: (orphan) => this.#taken(orphan),
      gone: (orphan) => this.#gone(orphan),
      ...{ isArriving, released },
      say: (text, level) => this.#say(text, level),
    });
    this.#search = search;
    const isComplete = await search.find();
    if (!isComplete)
      void search.meetTheRest().catch((error: unknown) => failed('looking for workers', error));
    const served = this.#orphans.filter(({ isLeaving }) => !isLeaving).length;
    if (served > 0)
      this.#say(
        `took over ${count(served, 'worker')} of a supervisor that had died: they serve until new ones do`,
      );
  }

  get #orphans(): readonly MetOrphan[] {
    return [...(this.#search?.orphans ?? [])];
  }

  /** A new worker of the app serves: one of the old ones can go. */
  #replaceOne(app: string): void {
    const orphan = this.#orphans.find((candidate) => candidate.app === app && !candidate.isLeaving);
    if (orphan !== undefined) this.#leave(orphan, REPLACED);
  }

  /** All new workers of the app serve, or nobody wants it any more. */
  #replaceAll(app: string): void {
    this.#settled.add(app);
    this.#leaveAll((orphan) => orphan.app === app, REPLACED);
  }

  /** Has those go that an edit leaves nothing to do, and closes what nobody serves on and nobody will take over any more. */
  #review(): void {
    const { isArriving, dispositionOf, release } = this.#options;
    this.#reviewAwaited();
    for (const orphan of this.#orphans) {
      if (orphan.isLeaving || this.#end !== null) continue;
      const disposition = this.#dispositionOf(orphan);
      if (disposition === 'retire' && this.#retired.has(orphan.app)) this.#leave(orphan, LEFT);
      // Its app is in fork mode since an edit of just now.
      if (disposition === 'give-way') this.#leave(orphan, FORKED);
    }
    if (isArriving()) return;
    for (const app of this.#retired) {
      if (this.#orphans.some((orphan) => orphan.app === app)) continue;
      this.#retired.delete(app);
      const disposition = dispositionOf(app, []);
      if (disposition === 'retire' || disposition === 'stay') release(app);
    }
  }

  /** Of one that leaves the file before it was ever there, nobody tells that it has gone. */
  #reviewAwaited(): void {
    const { isKnown, dispositionOf } = this.#options;
    for (const app of this.#awaited) {
      const isGone = !isKnown(app) && dispositionOf(app, []) === 'retire';
      if (isGone) this.#retired.add(app);
      if (isGone || isKnown(app)) this.#awaited.delete(app);
    }
  }

  async #take(orphan: MetOrphan): Promise<void> {
    const { adopt, failed } = this.#options;
    const disposition = this.#dispositionOf(orphan);
    if (disposition === 'retire' || disposition === 'stay') this.#retired.add(orphan.app);
    if (disposition === 'give-way') return;
    try {
      for (const [i, offer] of orphan.offers.entries()) {
        if (this.#end !== null) return;
        const handle = await orphan.take(i);
        if (handle === null) continue;
        if (adopt(orphan.app, offer, handle, orphan.pid)) this.#awaited.add(orphan.app);
        else (handle as { close(): void }).close();
      }
    } catch (error) {
      failed(`taking over the sockets of process ${orphan.pid}`, error);
    }
  }

  #taken(orphan: MetOrphan): void {
    const cause = this.#causeToGo(orphan);
    if (this.#end === 'let go') orphan.letGo();
    // It is on its way already.
    else if (orphan.offers.length === 0) orphan.leave();
    else if (cause !== null) this.#leave(orphan, cause);
  }

  #dispositionOf({ app, offers }: MetOrphan): Disposition {
    return this.#options.dispositionOf(
      app,
      offers.map(({ query }) => query.port),
    );
  }

  #causeToGo(orphan: MetOrphan): string | null {
    if (this.#end !== null) return SHUTTING_DOWN;
    const disposition = this.#dispositionOf(orphan);
    if (disposition === 'retire') return LEFT;
    if (disposition === 'give-way') return FORKED;
    return this.#settled.has(orphan.app) ? REPLACED : null;
  }

  #leaveAll(which: (orphan: MetOrphan) => boolean, cause: string): void {
    for (const orphan of this.#orphans) if (which(orphan) && !orphan.isLeaving) this.#leave(orphan, cause);
  }

  #leave(orphan: MetOrphan, cause: string): void {
    this.#say(`${orphan.app}:${orphan.slot} draining (pid ${orphan.pid}): ${cause}`);
    orphan.leave();
  }

  #gone({ app, slot, pid, ledger, isLeaving }: MetOrphan): void {
    if (ledger !== null) this.#options.drained({ app, slot, pid, ledger });
    else if (!isLeaving && this.#end === null) this.#say(`${app}:${slot} (pid ${pid}) ended`, 'bad');
    this.#review();
  }

  #say(text: string, level: Line['level'] = 'info'): void {
    this.#options.say({ level, text });
  }
}
