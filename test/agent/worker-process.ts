/** A worker's process, as the agent has it: everything is this one's own but the channel, what comes over it, and its end. */
import { EventEmitter } from 'node:events';
import { afterEach, vi } from 'vitest';
import type { FromAgent } from '../../src/model/protocol.ts';

export const CMD = 'NODE_CLUSTER_UP';

export function fakeWorkerProcess(env: Record<string, string> = {}, execArgv: string[] = []) {
  const sent: unknown[] = [];
  const written: (() => void)[] = [];
  const emitter = new EventEmitter();
  const handle = { onread: (_bytes?: ArrayBuffer): void => void sent.push('end'), close: (): void => {} };
  const on = emitter.on.bind(emitter);
  const own = {
    env,
    execArgv,
    connected: true,
    channel: { ref: (): void => {}, unref: (): void => {} },
    exit: vi.fn(),
    send: (message: FromAgent, _handle: unknown, _options: unknown, done: () => void): void => {
      sent.push(message);
      written.push(done);
    },
    _disconnect: (): void => void sent.push('closed by Node'),
    on,
    prependListener: emitter.prependListener.bind(emitter),
    once: emitter.once.bind(emitter),
    removeListener: emitter.removeListener.bind(emitter),
    emit: emitter.emit.bind(emitter),
    [Symbol('kChannelHandle')]: handle,
  };
  const fake = Object.assign(Object.create(process) as object, own);
  const hear = (message: object, socket?: unknown): void => void own.emit('internalMessage', message, socket);
  return { fake, sent, written, handle, hear, emitter, own };
}

/** Loads a module anew, in that process. */
export async function loadIn<T>(fake: object, load: () => Promise<T>): Promise<T> {
  vi.resetModules();
  vi.stubGlobal('process', fake);
  return load();
}

export function backInThisProcess(): void {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });
}
