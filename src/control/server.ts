/** The supervisor's end of the control socket. Whatever a client sends or fails to read, the supervisor goes on. */
import type { Socket } from 'node:net';
import type { Answer, Operation, Operations, Request } from '../model/control.ts';
import { readFrames, writeFrame } from './frames.ts';
import { KeptSocket } from './kept-socket.ts';
import { systemReason } from '../model/text.ts';
import { parseRequest } from './request.ts';

/** One request being answered. */
export interface Call {
  /** Sends a part of a stream; false asks to hold back until `writable` resolves. */
  readonly item: (value: unknown) => boolean;
  /** Resolves when the client reads again, or has gone. */
  readonly writable: () => Promise<void>;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** A problem of the request, for its sender: one sentence. Anything else that is thrown is our own fault. */
export class Refusal extends Error {}

export type Handlers = {
  readonly [O in Exclude<Operation, 'ping'>]: (
    args: Operations[O]['args'],
    call: Call,
  ) => Operations[O]['result'] | Promise<Operations[O]['result']>;
};

/** Requests of one client that are answered at a time; further ones are refused. */
const MAX_CALLS = 32;
/** Clients at a time: for a further one, the one that came first of those that ask for nothing is turned away. */
const MAX_CLIENTS = 500;

export interface ControlServer {
  /** Stops listening, and ends the connections there are once they have read what they were sent. */
  readonly close: () => void;
}

/** A client that does not read what it was sent holds up the end of the supervisor no longer than this, in ms. */
const CLOSE_GRACE = 500;

/**
 * Listens on `path`, for this user alone, and goes on doing so if what is at `path` is taken away or replaced.
 *
 * @param failed told of what a handler throws that is no `Refusal`: a fault of ours
 * @param say told of what goes wrong with the socket, in a sentence for people
 */
export async function serve(
  path: string,
  handlers: Handlers,
  failed: (error: unknown) => void,
  say: (text: string) => void = () => {},
): Promise<ControlServer> {
  const clients = new Map<Socket, Attended>();
  const came = (socket: Socket): void => {
    if (clients.size >= MAX_CLIENTS) {
      const [idle] = [...clients].find(([, { isIdle }]) => isIdle()) ?? [socket];
      clients.delete(idle);
      turnAway(idle);
      if (idle === socket) return;
    }
    socket.once('close', () => clients.delete(socket));
    clients.set(socket, attend(socket, handlers, failed));
  };
  const listener = new KeptSocket(path, { came, failed, say });
  await listener.open();
  return {
    close: () => {
      listener.close();
      for (const client of clients.keys()) client.end();
      setTimeout(() => {
        for (const client of clients.keys()) client.destroy();
      }, CLOSE_GRACE).unref();
    },
  };
}

function turnAway(socket: Socket): void {
  socket.on('error', () => {});
  writeFrame(socket, { id: null, error: `too many clients: the supervisor has ${MAX_CLIENTS} at a time` });
  socket.end(() => socket.destroy());
}

interface Attended {
  /** It waits for no answer. */
  readonly isIdle: () => boolean;
}

function attend(socket: Socket, handlers: Handlers, failed: (error: unknown) => void): Attended {
  const gone = new AbortController();
  let calls = 0;
  const answer = (value: Answer): boolean => writeFrame(socket, value);
  // A client that breaks off is no news: the 'close' that follows ends its calls.
  socket.on('error', () => {});
  socket.on('close', () => gone.abort());

  const onFrame = (frame: unknown): void => {
    const request = parseRequest(frame);
    if (typeof request === 'string') {
      const id = idOf(frame);
      answer(id === null ? { id, error: request } : { id, error: request });
      return;
    }
    if (request.op === 'ping') {
      answer({ id: request.id, result: null });
      return;
    }
    if (calls >= MAX_CALLS) {
      answer({ id: request.id, error: `only ${MAX_CALLS} requests at a time` });
      return;
    }
    calls += 1;
    const call: Call = {
      item: (item) => answer({ id: request.id, item }),
      writable: () => writable(socket),
      signal: gone.signal,
    };
    void respond(request, handlers, call, answer, failed).finally(() => (calls -= 1));
  };
  readFrames(socket, onFrame, (error) => {
    answer({ id: null, error: error.message });
    socket.end();
  });
  return { isIdle: () => calls === 0 };
}

async function respond(
  request: Request,
  handlers: Handlers,
  call: Call,
  answer: (value: Answer) => boolean,
  failed: (error: unknown) => void,
): Promise<void> {
  try {
    const handler = handlers[request.op as keyof Handlers] as (args: unknown, call: Call) => unknown;
    const result = await handler(request.args, call);
    answer({ id: request.id, result: result ?? null });
  } catch (error) {
    if (!(error instanceof Refusal)) failed(error);
    const why = error instanceof Refusal ? error.message : `the supervisor failed: ${systemReason(error)}`;
    answer({ id: request.id, error: why });
  }
}

function writable(socket: Socket): Promise<void> {
  if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      socket.removeListener('drain', done);
      socket.removeListener('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}

function idOf(frame: unknown): number | null {
  const id = typeof frame === 'object' && frame !== null ? (frame as { id?: unknown }).id : null;
  return typeof id === 'number' ? id : null;
}
