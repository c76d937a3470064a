/** What workers tell of themselves, as events for the plan and as notices for people. */
import type { Timers } from '../model/clock.ts';
import type { Notice } from '../model/notice.ts';
import type { Exit } from '../model/observed.ts';
import type { WorkerEvent } from '../model/worker-event.ts';
import type { Reading } from '../model/protocol.ts';
import { messageOf } from '../model/text.ts';
import type { Launch, WorkerNews } from '../workers/handle.ts';
import { takenPort } from '../workers/taken-port.ts';
import type { Meters } from './meters.ts';
import type { RunningWorkers } from './running-workers.ts';

export interface NewsOptions {
  readonly timers: Timers;
  readonly workers: RunningWorkers;
  readonly meters: Meters;
  readonly event: (event: WorkerEvent) => void;
  readonly notify: (notice: Notice) => void;
  /** A worker has told what it counted, and what it told before, if that can be compared. */
  readonly measured: (launch: Launch, before: Reading | null, now: Reading) => void;
  /** Who has a port that a worker could not have, in one sentence; null where its own app has it. */
  readonly whoHas: (app: string, port: number) => string | null;
  /** What waits for an address may not have to any more. */
  readonly review: () => void;
}

type Told = (launch: Launch, news: WorkerNews) => void;

export function newsOf(options: NewsOptions): Told {
  const { timers, meters, event, notify, measured } = options;
  return (launch, news) => {
    const { id, slot, spec } = launch;
    const who = { app: spec.name, slot };
    const worker = { at: timers.now(), app: spec.name, id };
    switch (news.type) {
      case 'failed':
        return notify({ type: 'failed', ...who, what: news.what, reason: messageOf(news.error) });
      case 'unheard':
      case 'misunderstood':
        return notify({ ...news, ...who });
      case 'measured':
        return measured(launch, meters.told(id, news.reading, news.asked), news.reading);
      case 'listening':
        notify({ ...news, ...who, revision: spec.revision });
        return event({ type: 'listening', ...worker, ...portOf(news.address) });
      case 'exited':
        return exited(options, launch, news.exit);
      default:
        return event({ ...news, ...worker });
    }
  };
}

function exited(
  { timers, workers, meters, event, ...options }: NewsOptions,
  launch: Launch,
  exit: Exit,
): void {
  const { id, spec } = launch;
  workers.delete(id);
  meters.ended(id);
  const port = takenPort(exit, launch);
  const taken = port === null ? null : options.whoHas(spec.name, port);
  // Its stack leads to nobody: in cluster mode, to us.
  const how = taken === null ? exit : { ...exit, taken, stderr: [] };
  event({ type: 'exited', at: timers.now(), app: spec.name, id, exit: how });
  // A port that it had bound for itself is free now.
  options.review();
}

function portOf(address: string): { port?: number } {
  const port = /:(\d+)$/.exec(address)?.[1];
  return port === undefined ? {} : { port: Number(port) };
}
