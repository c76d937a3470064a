/** Passes on what happens to all that listens: a part that fails at it costs the others nothing. */
import type { Notice } from '../model/notice.ts';
import type { Observed } from '../model/observed.ts';
import type { WorkerEvent } from '../model/worker-event.ts';
import { guarded, type Failed } from './guarded.ts';

export class Notices {
  readonly #failed: Failed;
  readonly #listeners: ((notice: Notice) => void)[] = [];

  constructor(failed: Failed) {
    this.#failed = failed;
  }

  /** In the order in which they came. */
  listen(listener: (notice: Notice) => void): void {
    this.#listeners.push(listener);
  }

  /** Never throws. */
  tell = (notice: Notice): void => {
    for (const listener of this.#listeners)
      guarded(`telling of "${notice.type}"`, this.#failed, () => listener(notice));
  };
}

/** What is to be told of the end of a worker. @param observed as it was before it */
export function noticesOf(event: Extract<WorkerEvent, { type: 'exited' }>, { apps }: Observed): Notice[] {
  const workers = apps.find(({ name }) => name === event.app)?.workers ?? [];
  const worker = workers.find(({ id }) => id === event.id);
  if (worker === undefined) return [];
  const { slot, pid, status, ledger } = worker;
  const { app, exit } = event;
  const isLeaving = status === 'draining' || status === 'stopping';
  return [
    ...(ledger === null ? [] : [{ type: 'retired', app, slot, pid, ledger } as const]),
    ...(isLeaving ? [] : [{ type: 'died', app, slot, pid, exit } as const]),
  ];
}
