/**
 * Workers in cluster mode that are waited for to listen and do not, though something of theirs may: a program that they
 * have started, a thread, or native code binds a port for itself, of which the agent sees nothing. What the kernel says of
 * their processes counts for `ready: auto`. Looks only while there is such a worker.
 */
import type { Clock } from '../../model/clock.ts';
import type { ObservedApp, ObservedWorker } from '../../model/observed.ts';
import type { WorkerEvent } from '../../model/worker-event.ts';
import { declaredPort } from '../../model/ports.ts';
import type { AppSpec } from '../../model/spec.ts';
import { duration } from '../../model/text.ts';
import { expectsToListen, NOT_MEANT, overdueAt } from '../../observe/facts/readiness.ts';
import { specOf } from '../../observe/facts/target.ts';
import { environment } from '../../workers/environment.ts';

/** A port on which the process, or one that it has started, listens by itself; null if there is none. */
export type PortOfTree = (
  pid: number,
  isMeant: (port: number) => boolean,
) => { readonly port: number; readonly pid: number; readonly name: string } | null;

export interface ListenWatchOptions {
  readonly clock: Clock;
  readonly apps: () => readonly ObservedApp[];
  readonly portOfTree: PortOfTree;
  readonly note: (event: Extract<WorkerEvent, { type: 'listening' }>) => void;
  readonly say: (text: string, level: 'info' | 'bad') => void;
}

/** Between two looks, in ms; most workers have listened before the first. */
const INTERVAL = 1000;
const INSPECTOR = /(^|\s)--inspect/;

export class ListenWatch {
  readonly #options: ListenWatchOptions;
  /** Revisions of apps of which it was said, by what. */
  readonly #said = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ListenWatchOptions) {
    this.#options = options;
  }

  /** The workers may have changed. */
  look(): void {
    if (this.#timer !== undefined || this.#isClosed || this.#awaited().length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const [app, worker] of this.#awaited()) this.#judge(app, worker);
      this.look();
    }, INTERVAL).unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #awaited(): [ObservedApp, ObservedWorker][] {
    return this.#options.apps().flatMap((app) =>
      app.workers
        .filter(
          ({ status, listeningAt, blocked }) =>
            status === 'starting' && listeningAt === null && blocked === null,
        )
        .filter(({ revision }) => expectsToListen(app, revision))
        .map((worker): [ObservedApp, ObservedWorker] => [app, worker]),
    );
  }

  #judge(app: ObservedApp, worker: ObservedWorker): void {
    const { clock, portOfTree, note } = this.#options;
    const { id, pid, slot, revision } = worker;
    const spec = specOf(app, revision);
    const found = pid === null ? null : portOfTree(pid, meantPorts(spec, slot));
    if (found === null) return this.#warn(app, worker);
    const where = found.pid === pid ? 'without node:net (a thread, or native code)' : `in ${found.name}`;
    this.#say(
      `not held ${app.name} ${revision}`,
      `${app.name}:${slot} listens on port ${found.port} ${where}: cluster-up does not hold that socket, so a reload needs the port twice, and connections are refused while nobody listens`,
      'info',
    );
    note({ type: 'listening', at: clock(), app: app.name, id, port: found.port });
  }

  /** Once half of its time is over: later, it may be too late to do anything about it. */
  #warn(app: ObservedApp, worker: ObservedWorker): void {
    const [passed, allowed] = [this.#options.clock(), overdueAt(app, worker)].map(
      (at) => at - worker.startedAt,
    );
    if (passed === undefined || allowed === undefined || passed < allowed / 2) return;
    const text = `has not listened for ${duration(Math.round(passed / 1000) * 1000)}, and is ended after ${duration(allowed)}: ${NOT_MEANT}`;
    this.#say(`late ${app.name} ${worker.revision}`, `${app.name}:${worker.slot} ${text}`, 'bad');
  }

  #say(key: string, text: string, level: 'info' | 'bad'): void {
    // An app that is edited again and again has as many revisions.
    if (this.#said.size > 1000) this.#said.clear();
    if (!this.#said.has(key)) this.#options.say(text, level);
    this.#said.add(key);
  }
}

/** Node's inspector listens too: with it, only the port that the file names is the app's for sure. */
function meantPorts(spec: AppSpec, slot: number): (port: number) => boolean {
  // Few have bound anything yet, and to read all of the environment costs.
  return (port) => !isInspected(spec, slot) || declaredPort(spec, slot).includes(port);
}

function isInspected(spec: AppSpec, slot: number): boolean {
  const all = { ...process.env, ...environment({ spec, slot }) };
  return [...spec.process.interpreterArgs, all['NODE_OPTIONS'] ?? ''].some((each) => INSPECTOR.test(each));
}
