/**
 * Apps of which a worker on its way out has ended. Where all was as desired before, such as after a `stop`, its socket may
 * have been open for that one alone, and nothing else would close it.
 */
import type { Observed } from '../model/observed.ts';
import type { WorkerEvent } from '../model/worker-event.ts';

export class Departures {
  readonly #apps = new Set<string>();

  /** @param observed as it was before; of a worker that crashed the next one needs the socket still */
  note({ app, id }: Extract<WorkerEvent, { type: 'exited' }>, observed: Observed): void {
    const workers = observed.apps.find(({ name }) => name === app)?.workers ?? [];
    const worker = workers.find((one) => one.id === id);
    if (worker?.status === 'draining' || worker?.status === 'stopping') this.#apps.add(app);
  }

  /** Those since the last call. */
  take(): string[] {
    const apps = [...this.#apps];
    this.#apps.clear();
    return apps;
  }
}
