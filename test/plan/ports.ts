/** Who has which port on the simulated machine: a program has it to itself, workers in cluster mode wait for it. */
import type { Observed } from '../../src/model/observed.ts';
import type { WorkerEvent } from '../../src/model/worker-event.ts';
import type { AppSpec } from '../../src/model/spec.ts';

interface Process {
  readonly id: number;
  readonly app: string;
  readonly mode: AppSpec['process']['mode'];
  readonly port: number | null;
}

export class Ports {
  readonly #processes = new Map<number, Process>();
  readonly #listening = new Set<number>();
  #waiting: readonly { readonly on: number; readonly event: WorkerEvent }[] = [];

  /** Throws if that is a program whose port another app has: it cannot wait, so it would fail. */
  started({ apps }: Observed, name: string, id: number): void {
    const app = apps.find((candidate) => candidate.name === name);
    const worker = app?.workers.find((candidate) => candidate.id === id);
    const spec = [app?.spec, app?.stable].find((known) => known?.revision === worker?.revision);
    if (app === undefined || worker === undefined || spec == null)
      throw new Error('starts what nobody wants');
    const { mode, env } = spec.process;
    const first = env['PORT'] === undefined ? null : Number(env['PORT']);
    const port = first === null ? null : first + worker.slot;
    const mine = { id, app: name, mode, port };
    // What may take its place has not asked for the port yet, and will wait for it.
    const isAhead = (other: Process): boolean =>
      other.mode === 'cluster' &&
      !this.#listening.has(other.id) &&
      app.staysFor?.includes(other.app) === true;
    if (mode === 'fork' && this.#inTheWay(mine).some((other) => !isAhead(other)))
      throw new Error('a program is started while another app has its port');
    this.#processes.set(id, mine);
  }

  /** What is to be seen of what a process does; null is nothing. */
  asSeen({ apps }: Observed, event: WorkerEvent): WorkerEvent | null {
    const mine = this.#processes.get(event.id);
    if (event.type !== 'listening' || mine === undefined) return event;
    if (mine.mode === 'fork') return null;
    const [other] = this.#inTheWay(mine);
    if (other === undefined) {
      this.#listening.add(event.id);
      return event;
    }
    this.#waiting = [...this.#waiting, { on: other.id, event }];
    // One that stays for it is to make way; others are on their way out.
    const isStaying = apps.some(({ name, staysFor }) => name === other.app && staysFor?.includes(mine.app));
    const { at, app, id } = event;
    return isStaying ? { type: 'blocked', at, app, id, on: `port ${mine.port ?? ''}`, trades: [] } : null;
  }

  /** Those that listen now, as this one has ended. */
  ended(id: number): WorkerEvent[] {
    this.#processes.delete(id);
    const free = this.#waiting.filter(({ on }) => on === id).map(({ event }) => event);
    this.#waiting = this.#waiting.filter(({ on, event }) => on !== id && event.id !== id);
    return free;
  }

  /** In cluster mode apps have sockets together. */
  #inTheWay({ app, mode, port }: Process): Process[] {
    return [...this.#processes.values()].filter(
      (other) =>
        other.app !== app && port !== null && other.port === port && [mode, other.mode].includes('fork'),
    );
  }
}
