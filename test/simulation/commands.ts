/** What people ask of a simulated supervisor, and what must be true of its answers. */
import type { Call, Handlers } from '../../src/control/server.ts';
import { EVERY_APP, type AppSpec } from '../../src/model/spec.ts';
import type { Random } from '../plan/random.ts';
import { checkConverged } from './converged.ts';
import { commitIn } from './repositories.ts';
import type { Started } from './started.ts';
import type { Life, World } from './supervisor-life.ts';
import { Worker } from './worker.ts';

const COMMANDS = ['wait', 'apply', 'reload', 'restart', 'stop', 'start', 'rollback', 'wait'] as const;

export class Commands {
  readonly #world: World;
  readonly #ended: () => void;
  readonly #failed: (error: Error) => void;
  /** How many have been given. */
  #asked = 0;

  /** @param ended `down` has been answered */
  constructor(world: World, ended: () => void, failed: (error: Error) => void) {
    this.#world = world;
    this.#ended = ended;
    this.#failed = failed;
  }

  any(life: Life | null, random: Random): void {
    const op = COMMANDS[random.between(0, COMMANDS.length - 1)] ?? 'wait';
    if (life === null) return;
    this.#asked += 1;
    const { version } = this.#world.file;
    const apps = this.#world.file.desired.apps.map(({ name }) => name);
    const app = apps[random.between(0, apps.length - 1)] ?? 'none';
    const args = op === 'apply' ? { plan: null } : op === 'wait' ? {} : { app };
    this.#world.machine.tell(`${op} ${app}`);
    void this.#call(life, op, args, (result) => {
      this.#answered(life, op, result, version);
      if (op === 'stop') this.#world.stopped.add(app);
      if (op === 'start') this.#world.stopped.delete(app);
    });
    if (op === 'start') this.#world.stopped.delete(app);
  }

  /** Whatever was stopped by hand is started again. */
  startAll(life: Life | null): void {
    const { stopped } = this.#world;
    if (life !== null) void this.#call(life, 'start', { app: EVERY_APP }, () => stopped.clear());
    stopped.clear();
  }

  /** Writes the count into the file, has it applied, and waits; whom that does not concern must not notice. */
  scale(life: Life | null, spec: AppSpec, save: () => void): void {
    const { machine, file } = this.#world;
    const { name, instances } = spec;
    const staying = life === null ? [] : survivors(this.#world, life, spec);
    this.#asked += 1;
    const asked = this.#asked;
    machine.tell(`scale ${name} ${instances}`);
    save();
    if (life === null) return;
    const { version } = file;
    const commits = new Map(
      file.desired.apps.map(({ name, source }) => [
        name,
        source === undefined ? 0 : this.#world.repositories.commitOf(source),
      ]),
    );
    const isAlone = (): boolean => asked === this.#asked && version === file.version;
    void this.#call(life, 'apply', { plan: null }, (result) => {
      this.#answered(life, 'apply', result, version);
      void this.#call(life, 'wait', {}, (outcome) => {
        this.#answered(life, 'wait', outcome, version);
        if (!isAlone() || !isConverged(outcome)) return;
        checkScaled(life, spec, staying);
        checkCommits(life, commits);
      });
    });
  }

  /** By hand, with what sources lead to by then. */
  apply(life: Life | null): void {
    if (life !== null) void this.#call(life, 'apply', { plan: null }, () => {});
  }

  down(life: Life | null): void {
    if (life === null || life.isEnding) return;
    this.#world.machine.tell('down');
    // The next one begins anew.
    this.#world.stopped.clear();
    void this.#call(life, 'down', {}, () => {
      const left = this.#world.workers.find(({ process }) => process.isAlive);
      if (left !== undefined) throw new Error(`down has ended, but ${left.process.what} has not`);
      this.#ended();
    });
  }

  #answered(life: Life, op: keyof Handlers, result: unknown, version: number): void {
    const { machine } = this.#world;
    machine.tell(`${op}: ${JSON.stringify(result)}`);
    const { ending } = (result ?? {}) as { ending?: boolean };
    if (life.isEnding && ending !== true) throw new Error(`${op} succeeded though all is about to end`);
    if (op === 'wait' && isConverged(result) && life.desired !== null)
      checkConverged(this.#world, life, life.desired);
    // It is planned for in the next turn.
    if (op === 'apply' && ending === false)
      machine.clock.after(0, () => {
        if (life.isAlive && !life.isEnding && version > appliedBy(life))
          throw new Error('apply succeeded, but the file was not applied');
      });
  }

  async #call(life: Life, op: keyof Handlers, args: object, done: (result: unknown) => void): Promise<void> {
    const call: Call = {
      item: () => true,
      writable: () => Promise.resolve(),
      signal: new AbortController().signal,
    };
    try {
      const handler = life.handlers[op] as (args: object, call: Call) => unknown;
      const result = await handler(args, call);
      if (life.isAlive) done(result);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!isRefusal(error)) this.#failed(error);
      else this.#world.machine.tell(`${op}: ${error.message}`);
    }
  }
}

function isConverged(outcome: unknown): boolean {
  return (outcome as { converged?: boolean } | null)?.converged === true;
}

/** The workers of an app at rest that a change of its count leaves as they are. */
function survivors({ workers }: World, life: Life, { name, revision, instances }: AppSpec): Started[] {
  // An edit that was not applied yet may have to replace them.
  if (life.settledRevision(name) !== revision) return [];
  return workers.filter(({ launch: { spec, slot, id }, parent, isDraining, process }) => {
    const isOurs = parent === life && process.isAlive && !isDraining && !life.outgoing.has(id);
    return isOurs && spec.name === name && spec.revision === revision && slot < instances;
  });
}

/** The count is as it was asked for, and nobody had to go but who was too many. */
function checkScaled(life: Life, { name, instances }: AppSpec, staying: readonly Started[]): void {
  const app = life.desired?.apps.find((other) => other.name === name);
  if (app === undefined || app.because?.instances !== undefined) return;
  if (app.instances !== instances)
    throw new Error(`scale succeeded, but ${name} is to have ${app.instances} workers, not ${instances}`);
  const gone = staying.find((one) => one.isDraining && !(one instanceof Worker && one.wasSick));
  if (gone !== undefined) throw new Error(`scale has cost ${gone.process.what}, which could have stayed`);
}

/** All run what their branches had when it was asked for, or what came later. */
function checkCommits({ desired }: Life, commits: ReadonlyMap<string, number>): void {
  const old = desired?.apps.find((spec) => commitIn(spec) < (commits.get(spec.name) ?? 0));
  if (old !== undefined && old.byHand === undefined)
    throw new Error(`apply has converged, but ${old.name} is to run commit ${commitIn(old)} of its source`);
}

/** The version of the file that is applied. */
function appliedBy({ desired }: Life): number {
  return Number(desired?.generation.split(' ')[0] ?? -1);
}

function isRefusal(error: Error): boolean {
  return /is shutting down|there is no app|has no earlier stable/.test(error.message);
}
