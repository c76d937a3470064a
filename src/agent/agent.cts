/**
 * Preloaded with `--require` into every cluster worker, before the app's own file. It imports nothing but node:
 * modules and leaves no trace that an app would look at: argv, execArgv, env, require.main, exit codes and the
 * app's own messages are what they are under plain `cluster.fork`.
 */
import cluster, { type Worker } from 'node:cluster';
import type net from 'node:net';
import path from 'node:path';
import workerThreads from 'node:worker_threads';
import type { AgentConfig, Reading, ToAgent } from '../model/protocol.ts';
import { hold, open, send, sendHandle } from './channel.cts';
import { offeredDatagrams, readsDatagrams, stopReading, type RawDatagrams } from './datagrams.cts';
import { closeServers, Drain } from './drain.cts';
import type { RawHandle } from './held-handle.cts';
import { keepHeldNames } from './held-names.cts';
import { Sockets } from './listen.cts';
import type { ClusterModule } from './listen-query.cts';
import { keepMeasuring, measure, reportNow } from './meter.cts';
import { Orphan } from './orphan.cts';
import { probe } from './probe.cts';
import { Traffic } from './traffic.cts';

class Agent {
  readonly #config: AgentConfig;
  /** Read before the app can change it. */
  readonly #port = Number(process.env['PORT'] ?? '') || null;
  readonly #traffic = new Traffic();
  readonly #drain = new Drain(this.#traffic, send);
  readonly #sockets: Sockets;
  readonly #orphan = new Orphan(
    this.#drain,
    () => [...this.#sockets.offered(), ...offeredDatagrams()],
    (message) => this.#handle(message, undefined),
  );
  /** False once the app has closed its channel. */
  #hearsMessages = true;
  /** What the app is waiting for its drain to be over for. */
  #whenDrained = (): void => {};

  constructor(config: AgentConfig) {
    this.#config = config;
    this.#sockets = new Sockets(config, this.#traffic.servers, { send, sendHandle, hold });
  }

  start(): void {
    open({
      onMessage: (message, handle) => this.#handle(message, handle),
      left: () => this.#hasLeft(),
      gone: () => this.#survive(),
    });
    this.#sockets.install(cluster as unknown as ClusterModule);
    this.#traffic.watch((server) => {
      const key = this.#sockets.keyOf((server as { _handle?: unknown })._handle);
      send({ act: 'listening', key, address: addressOf(server) });
    });
    if (cluster.worker !== undefined) this.#disconnectInOrder(cluster.worker);
  }

  #handle(message: ToAgent, handle: unknown): void {
    const sockets = this.#sockets;
    switch (message.act) {
      case 'socket':
        return sockets.answered(message, handle);
      case 'accept':
        return sockets.accept();
      case 'duplicate':
        return sockets.duplicate(message.key, message.slot, handle as RawHandle);
      case 'limit':
        return sockets.limit(message.key, message.limit);
      case 'connection':
        return sockets.feed(message.key, message.seq, handle as RawHandle);
      case 'lend':
        return sockets.lend(message.key, message.slot, handle as RawHandle | RawDatagrams);
      case 'return':
        return sockets.giveBack(message.key, message.slot);
      case 'drain':
        return this.#beginDrain(message);
      case 'ping':
        return send({ act: 'pong', about: message.about });
      case 'probe':
        return probe(this.#traffic.servers, this.#port, message.path, message.timeout, (outcome) =>
          send({ act: 'probed', seq: message.seq, outcome }),
        );
      case 'measure':
        return measure((reading) => send({ act: 'measured', asked: true, reading }));
      case 'keep-measuring':
        return keepMeasuring(message.bounds, report);
      case 'serve-on':
        return this.#orphan.serveOn(message.timeout);
    }
  }

  #beginDrain(order: Extract<ToAgent, { act: 'drain' }>): void {
    // What follows may end the process before it is asked again.
    reportNow();
    const answers = stopReading();
    this.#drain.begin(order, () => {
      reportNow();
      this.#whenDrained();
      void answers.then(() => send({ act: 'drained' }));
    });
  }

  /**
   * The app has closed its channel. node:cluster ends a worker then, with all it is answering; one that serves goes on
   * here, and one that does not ends when it has answered.
   */
  #hasLeft(): void {
    send({ act: 'disconnected' });
    this.#hearsMessages = false;
    const { worker } = cluster;
    // It ends by itself (`cluster.worker.disconnect()`, `cluster.worker.kill()`).
    if (worker === undefined || worker.exitedAfterDisconnect) return;
    worker.exitedAfterDisconnect = true;
    if (!this.#sockets.serves && !readsDatagrams()) this.#orphan.leave(this.#config.stop);
  }

  /** node:cluster ends a worker at once when its primary is gone, with all it was answering. */
  #survive(): void {
    this.#sockets.unlimited();
    if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
    // Nobody reads our output any more; writing it must not kill the worker.
    process.stdout.on('error', ignore);
    process.stderr.on('error', ignore);
    const { stop } = this.#config;
    const message = stop.message && this.#hearsMessages;
    this.#orphan.begin({ ...this.#config, stop: { ...stop, message } });
  }

  /**
   * `cluster.worker.disconnect()` closes the servers that node:cluster gave a handle; ours it does not know. They are
   * drained before, since `server.close()` cuts idle connections off on which a request may be on its way.
   */
  #disconnectInOrder(worker: Worker): void {
    const { stop } = this.#config;
    const disconnect = worker.disconnect.bind(worker);
    let isLeaving = false;
    worker.disconnect = () => {
      if (isLeaving) return worker;
      isLeaving = true;
      worker.exitedAfterDisconnect = true;
      if (this.#sockets.serves) send({ act: 'leaving' });
      this.#whenDrained = (): void => {
        this.#whenDrained = ignore;
        closeServers(this.#traffic.servers, () => disconnect());
      };
      const hook = stop.message ? 'message' : stop.killSignal;
      this.#beginDrain({ act: 'drain', timeout: stop.drainTimeout, hook });
      return worker;
    };
  }
}

function report(reading: Reading): void {
  send({ act: 'measured', asked: false, reading });
}

/** Removes our variables, and our `--require` from what the app's own children would inherit. */
function hide(): void {
  delete process.env['CLUSTER_UP_WORKER'];
  delete process.env['CLUSTER_UP_MARK'];
  const at = process.execArgv.indexOf(__filename);
  // Under Node's permissions it was allowed to read itself.
  const allowed = process.execArgv[at + 1] === `--allow-fs-read=${path.join(__dirname, '*')}`;
  if (at > 0) process.execArgv.splice(at - 1, allowed ? 3 : 2);
}

function ignore(): void {}

function addressOf(server: net.Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return address ?? '';
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}

// Worker threads run preloaded files too; they have no channel and need no agent.
const text = workerThreads.isMainThread ? process.env['CLUSTER_UP_WORKER'] : undefined;
if (text !== undefined) {
  hide();
  keepHeldNames();
  new Agent(JSON.parse(text) as AgentConfig).start();
}
