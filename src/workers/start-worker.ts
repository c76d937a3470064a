/** Starts what an app asks for: a worker of node:cluster, or any program. */
import { startClusterWorker } from './cluster-worker.ts';
import { startForkProcess } from './fork-process.ts';
import type { Launch, OutputSink, WorkerHandle, WorkerNews } from './handle.ts';
import type { Owner } from './mark.ts';
import type { HeldSockets } from '../sockets/held-sockets.ts';

/** Whatever goes wrong once it has returned is news. */
export type StartWorker = (
  launch: Launch,
  sockets: HeldSockets,
  owner: Owner,
  sink: OutputSink,
  news: (news: WorkerNews) => void,
) => WorkerHandle;

export const startWorker: StartWorker = (launch, sockets, owner, sink, news) =>
  launch.spec.process.mode === 'cluster'
    ? startClusterWorker(launch, sockets, owner, sink, news)
    : startForkProcess(launch, owner, sink, news);
