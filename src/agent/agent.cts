/**
 * Preloaded with `--require` into every cluster worker, before the app's own file. It imports nothing but node:
 * modules and leaves no trace that an app would look at: argv, execArgv, env, require.main, exit codes and the
 * app's own messages are what they are under plain `cluster.fork`.
 */
import cluster, { type Worker } from 'node:cluster';
import type net from 'node:net';
import workerThreads from 'node:worker_threads';
import type { AgentConfig, Reading, ToAgent } from '../model/protocol.ts';
import { open, tell } from './channel.cts';
import { readsDatagrams, stopReading } from './datagrams.cts';
import { closeServers, drain } from './drain.cts';
import type { RawHandle } from './held-handle.cts';
import {
  accept,
  answered,
  feed,
  giveBack,
  install,
  keyOf,
  lend,
  limit,
  serves,
  spare,
  unlimited,
} from './listen.cts';
import { keepMeasuring, measure, reportNow } from './meter.cts';
import { leave, orphaned, serveOn } from './orphan.cts';
import { probe } from './probe.cts';
import { observe, servers } from './traffic.cts';

// Worker threads run preloaded files too; they have no channel and need no agent.
const text = workerThreads.isMainThread ? process.env['CLUSTER_UP_WORKER'] : undefined;
if (text !== undefined) start(JSON.parse(text) as AgentConfig);

// Read before the app can change it.
const port = Number(process.env['PORT'] ?? '') || null;

function start(config: AgentConfig): void {
  hide();
  open({
    said: obey,
    left: () => hasLeft(config),
    gone: () => survive(config),
  });
  install(config);
  observe((server) => {
    tell({
      act: 'listening',
      key: keyOf((server as { _handle?: unknown })._handle),
      address: addressOf(server),
    });
  });
  if (cluster.worker !== undefined) disconnectInOrder(cluster.worker, config);
}

/** False once the app has closed its channel. */
let hearsMessages = true;
/** What the app is waiting for its drain to be over for. */
let whenDrained = (): void => {};

function obey(message: ToAgent, handle: unknown): void {
  switch (message.act) {
    case 'socket':
      return answered(message, handle);
    case 'accept':
      return accept();
    case 'spare':
      return spare(message.key, message.slot, handle as RawHandle);
    case 'limit':
      return limit(message.key, message.limit);
    case 'connection':
      return feed(message.key, message.seq, handle as RawHandle);
    case 'lend':
      return lend(message.key, message.slot, handle as RawHandle);
    case 'return':
      return giveBack(message.key, message.slot);
    case 'drain': {
      // What follows may end the process before it is asked again.
      reportNow();
      const answers = stopReading();
      return drain(message, () => {
        reportNow();
        whenDrained();
        void answers.then(() => tell({ act: 'drained' }));
      });
    }
    case 'ping':
      return tell({ act: 'pong', about: message.about });
    case 'probe':
      return probe(servers, port, message.path, message.timeout, (outcome) =>
        tell({ act: 'probed', seq: message.seq, outcome }),
      );
    case 'measure':
      return measure((reading) => tell({ act: 'measured', asked: true, reading }));
    case 'keep-measuring':
      return keepMeasuring(message.bounds, report);
    case 'serve-on':
      return serveOn(message.timeout);
  }
}

function report(reading: Reading): void {
  tell({ act: 'measured', asked: false, reading });
}

/** Removes our variable, and our `--require` from what the app's own children would inherit. */
function hide(): void {
  delete process.env['CLUSTER_UP_WORKER'];
  const at = process.execArgv.indexOf(__filename);
  if (at > 0) process.execArgv.splice(at - 1, 2);
}

/**
 * The app has closed its channel. node:cluster ends a worker then, with all it is answering; one that serves goes on
 * here, and one that does not ends when it has answered.
 */
function hasLeft({ stop }: AgentConfig): void {
  tell({ act: 'disconnected' });
  hearsMessages = false;
  const { worker } = cluster;
  // It ends by itself (`cluster.worker.disconnect()`, `cluster.worker.kill()`).
  if (worker === undefined || worker.exitedAfterDisconnect) return;
  worker.exitedAfterDisconnect = true;
  if (!serves() && !readsDatagrams()) leave(stop);
}

/** node:cluster ends a worker at once when its primary is gone, with all it was answering. */
function survive(config: AgentConfig): void {
  unlimited();
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
  // Nobody reads our output any more; writing it must not kill the worker.
  process.stdout.on('error', ignore);
  process.stderr.on('error', ignore);
  const stop = { ...config.stop, message: config.stop.message && hearsMessages };
  orphaned({ ...config, stop }, (message) => obey(message, undefined));
}

/**
 * `cluster.worker.disconnect()` closes the servers that node:cluster gave a handle; ours it does not know. They are
 * drained before, since `server.close()` cuts idle connections off on which a request may be on its way.
 */
function disconnectInOrder(worker: Worker, { stop }: AgentConfig): void {
  const disconnect = worker.disconnect.bind(worker);
  let isLeaving = false;
  worker.disconnect = () => {
    if (isLeaving) return worker;
    isLeaving = true;
    worker.exitedAfterDisconnect = true;
    if (serves()) tell({ act: 'leaving' });
    whenDrained = (): void => {
      whenDrained = ignore;
      closeServers(() => disconnect());
    };
    obey(
      { act: 'drain', timeout: stop.drainTimeout, hook: stop.message ? 'message' : stop.killSignal },
      null,
    );
    return worker;
  };
}

function ignore(): void {}

function addressOf(server: net.Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return address ?? '';
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}
