/** What is expected of the supervisor, from what was done so far: what the contract says, and no more. */
import { isGood, listens, type App, type Content } from './content.ts';

export type Supervision =
  /** One runs, and follows the file. */
  | 'alive'
  /** It was killed: its workers in cluster mode serve on. */
  | 'killed'
  /** It has ended as asked, and nothing runs. */
  | 'ended';

/** Of the requests to an address during a step: none may fail, those that a killed worker had, or any. */
export type Loss = 'none' | 'cut' | 'any';

export class Model {
  /** On disk. */
  content: Content;
  /** What was valid last. */
  applied: readonly App[];
  /** By name: what each app ran as when it last was well. */
  readonly good = new Map<string, App>();
  /** Not in the file any more, but running, since what is to take their address over fails. */
  kept: readonly App[] = [];
  /** By hand. */
  readonly stopped = new Set<string>();
  /** Not in the file any more, and there only for as long as the named one that takes its place is stopped by hand. */
  readonly mayStay = new Map<string, string>();
  /** Gone back by hand: to which revision is not known here. */
  readonly held = new Set<string>();
  /** An earlier revision listened elsewhere or ran in another mode: going back to it is an edit that is not known here. */
  readonly moved = new Set<string>();
  /** The folder is another one since the last file that was valid. */
  isElsewhere = false;
  /** The folder is a link to one. */
  isLinked = false;
  supervision: Supervision = 'ended';
  /** It was killed during a rollout, so that workers of either revision may serve on. */
  isBetween = false;
  /** Counts up with each edit. */
  value = 0;

  constructor(content: Content) {
    this.content = content;
    this.applied = content.apps;
    this.#settle(content.apps);
  }

  /** The file as it is now is read and followed. */
  apply(): void {
    if (this.content.fault !== null) return;
    const { apps } = this.content;
    for (const name of this.held) {
      const [was, is] = [this.applied, apps].map((all) => all.find((app) => app.name === name));
      if (was === undefined || is === undefined || processOf(was) !== processOf(is)) this.held.delete(name);
    }
    const leaving = [...this.#running(), ...this.kept].filter(
      ({ name }) => !apps.some((app) => app.name === name),
    );
    this.kept = leaving.filter((old) => {
      const successor = apps.find((app) => listens(app) && addressOf(app) === addressOf(old));
      return successor !== undefined && !isGood(successor) && !this.good.has(successor.name);
    });
    this.#settle(apps);
  }

  /** A new supervisor starts. Of one that was killed it knows what was stopped by hand, and not what an app was held at. */
  begin(): void {
    this.supervision = 'alive';
    this.isBetween = false;
    this.held.clear();
    this.apply();
  }

  end(): void {
    this.supervision = 'ended';
    this.stopped.clear();
    this.held.clear();
    // The next one knows nothing of what ran.
    this.good.clear();
    this.kept = [];
    this.mayStay.clear();
    this.moved.clear();
    this.isBetween = false;
  }

  /** Of those that may be there or not. */
  isTolerated(name: string): boolean {
    return this.stopped.has(this.mayStay.get(name) ?? '');
  }

  #settle(apps: readonly App[]): void {
    this.applied = apps;
    const names = new Set(apps.map(({ name }) => name));
    for (const name of [...this.good.keys(), ...this.stopped]) {
      if (names.has(name)) continue;
      this.good.delete(name);
      this.stopped.delete(name);
      this.moved.delete(name);
    }
    for (const app of apps.filter(isGood)) {
      const was = this.good.get(app.name);
      const isMoved = was !== undefined && whereOf(was) !== whereOf(app);
      if (isMoved) this.moved.add(app.name);
      this.good.set(app.name, app);
    }
  }

  #running(): App[] {
    return this.applied.flatMap(({ name }) => this.good.get(name) ?? []);
  }

  /** Everything of which workers must be there, in the shape in which they are. */
  running(): App[] {
    if (this.supervision === 'ended') return [];
    const all = [...this.#running(), ...this.kept].filter(({ name }) => !this.stopped.has(name));
    return this.supervision === 'killed' ? all.filter(outlives) : all;
  }

  /** Whether all is as the file on disk asks. */
  get asAsked(): boolean {
    return this.content.fault === null && this.applied.every(isGood);
  }

  get untouchedByHand(): boolean {
    return this.stopped.size === 0 && this.held.size === 0;
  }
}

/** What another revision is made of; a change of anything else ends no rollback. */
function processOf({ script, value, mode, host, port, socket, args }: App): string {
  return JSON.stringify([script, value, mode, host, port, socket, args]);
}

/** Its sockets stay open without a supervisor. */
export function outlives({ mode, balance, kind }: App): boolean {
  return mode === 'cluster' && kind !== 'nobody' && balance !== 'round-robin' && balance !== 'sticky';
}

function whereOf(app: App): string {
  return `${addressOf(app)} ${app.host ?? ''} ${app.mode}`;
}

export function addressOf({ port, socket }: App): string {
  return socket ?? String(port);
}

/** What it may cost that what serves becomes something else, by address. */
export function lossesOf(before: readonly App[], after: readonly App[]): Map<string, Loss> {
  return new Map(
    before.map((app) => {
      const address = addressOf(app);
      return [
        address,
        lossOf(
          app,
          after.find((other) => addressOf(other) === address),
        ),
      ];
    }),
  );
}

/** What an edit of one app may cost, under its old address. */
function lossOf(before: App, after: App | undefined): Loss {
  if (after === undefined) return 'any';
  if (addressOf(before) !== addressOf(after) || before.host !== after.host) return 'any';
  const isSame =
    JSON.stringify({ ...before, instances: 0, from: 'main' }) ===
    JSON.stringify({ ...after, instances: 0, from: 'main' });
  if (isSame) return 'none';
  return before.mode === 'fork' || after.mode === 'fork' ? 'any' : 'none';
}
