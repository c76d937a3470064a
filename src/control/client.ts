/** A command's end of the control socket. */
import net, { type Socket } from 'node:net';
import { CONTROL_VERSION, type Answer, type Operation, type Operations } from '../model/control.ts';
import { readFrames, writeFrame } from './frames.ts';

/** The supervisor refused, failed or went away; the message is one sentence for people. */
export class ControlError extends Error {}

/** The supervisor has gone before it answered. */
export class Gone extends ControlError {
  constructor() {
    super('the supervisor has ended');
  }
}

export interface Client {
  /** @throws ControlError */
  readonly call: <O extends Operation>(
    op: O,
    args: Operations[O]['args'],
    item?: (value: unknown) => void,
  ) => Promise<Operations[O]['result']>;
  readonly close: () => void;
}

interface Pending {
  readonly item: (value: unknown) => void;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ControlError) => void;
}

/** Resolves with null where nobody listens on `path`. Rejects for any other reason, such as missing permission. */
export function connect(path: string): Promise<Client | null> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(path);
    socket.once('connect', () => resolve(clientOver(socket)));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // ENOENT: there never was one, or it has cleaned up. ECONNREFUSED: it died.
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null);
      else reject(new ControlError(`cannot reach the supervisor: ${error.message}`));
    });
  });
}

function clientOver(socket: Socket): Client {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  /** Why no answer comes any more, once the connection is closed. */
  let end: ControlError = new Gone();
  const failAll = (error: ControlError): void => {
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  const hear = (frame: unknown): void => {
    const answer = frame as Answer;
    if (answer.id === null) {
      end = new ControlError(answer.error);
      return failAll(end);
    }
    const waiting = pending.get(answer.id);
    if (waiting === undefined) return;
    if ('item' in answer) return waiting.item(answer.item);
    pending.delete(answer.id);
    if ('error' in answer) waiting.reject(new ControlError(answer.error));
    else waiting.resolve(answer.result);
  };
  readFrames(socket, hear, (error) => {
    failAll(new ControlError(`the supervisor's answer cannot be read: ${error.message}`));
    socket.destroy();
  });
  socket.on('error', () => {});
  socket.on('close', () => failAll(end));
  return {
    call: (op, args, item = () => {}) =>
      new Promise((resolve: (value: never) => void, reject) => {
        lastId += 1;
        pending.set(lastId, { item, resolve: resolve as (value: unknown) => void, reject });
        if (socket.destroyed) failAll(end);
        writeFrame(socket, { v: CONTROL_VERSION, id: lastId, op, args });
      }),
    close: () => socket.destroy(),
  };
}
