/**
 * Where an orphan waits for the next supervisor: a socket in the folder of the control sockets, which only its user can
 * enter. Whoever connects gets a channel like the one that was lost, over which the orphan can hand on its sockets.
 *
 * libuv passes handles over one kind of pipe only, and no public part of Node makes one that does not lead to a child.
 * So this stands on what node:child_process itself stands on: the handles of `process.binding`, on every Node to 26.
 */
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import net from 'node:net';
import { constants as system } from 'node:os';
import { dirname } from 'node:path';

interface PipeHandle {
  readonly fd: number;
  bind(path: string): number;
  listen(backlog: number): number;
  open(fd: number): number;
  close(): void;
  unref(): void;
  onconnection: ((status: number, client?: PipeHandle) => void) | null;
  writeUtf8String(request: object, text: string, handle?: object): number;
}
interface PipeBinding {
  readonly Pipe: new (kind: number) => PipeHandle;
  readonly constants: { readonly SERVER: number; readonly IPC: number };
}
interface StreamBinding {
  readonly WriteWrap: new () => { oncomplete: () => void };
}
const { binding } = process as unknown as { binding: (name: string) => unknown };

/** Sends something to the next supervisor; the handle is left out where it has been closed, and stays open here. */
export type Send = (message: object, handle?: object) => void;

export interface RendezvousListener {
  readonly onConnect: (send: Send) => void;
  readonly onMessage: (message: { readonly act?: unknown }) => void;
  readonly onClose: () => void;
}

/** A message that is longer, in UTF-16 units, is none. */
const LONGEST_MESSAGE = 65_536;

/** How soon one that could not be made, or was taken away, is made again, in ms: nobody tells of either. */
const CHECK = 1000;
/** What passes: the folder is gone, on a disk that is full or read-only, or too many files are open. */
const PASSING = new Set(['ENOENT', 'EROFS', 'ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM', 'EDQUOT', 'EIO']);

/**
 * Lets one connect, also where the folder is taken away meanwhile. When that one has closed its connection, `listener`
 * may open another such socket.
 *
 * @throws where there can be none: the folder is another user's, the path too long, or Node told to permit less
 */
export function openRendezvousSocket(path: string, listener: RendezvousListener): void {
  const tryToListen = (): PipeHandle | null => listenOrLater(path, listener, () => clearInterval(timer));
  let server = tryToListen();
  const timer = setInterval(() => {
    if (server !== null && existsSync(path)) return;
    server?.close();
    try {
      server = tryToListen();
    } catch {
      // Its folder is somebody else's for now.
      server = null;
    }
  }, CHECK).unref();
}

/** Null where it cannot be had at the moment. */
function listenOrLater(path: string, listener: RendezvousListener, came: () => void): PipeHandle | null {
  try {
    return listen(path, listener, came);
  } catch (error) {
    if (PASSING.has(codeOf(error))) return null;
    throw error;
  }
}

function listen(path: string, listener: RendezvousListener, came: () => void): PipeHandle {
  const { Pipe, constants } = binding('pipe_wrap') as PipeBinding;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const server = new Pipe(constants.SERVER);
  const problem = server.bind(path) || server.listen(1);
  if (problem !== 0) {
    server.close();
    throw Object.assign(new Error(`cannot listen on ${path}`), { code: nameOf(-problem) });
  }
  chmodSync(path, 0o600);
  server.unref();
  server.onconnection = (status, client) => {
    if (status !== 0 || client === undefined) return;
    came();
    // This removes its file as well.
    server.close();
    // One descriptor with two owners: the first stays as it is for ever, since it would close it under the second.
    const pipe = new Pipe(constants.IPC);
    pipe.open(client.fd);
    connect(pipe, listener);
  };
  return server;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Of an error of the system, by its number: `ENOENT` */
function nameOf(errno: number): string {
  return Object.entries(system.errno).find(([, value]) => value === errno)?.[0] ?? '';
}

function connect(pipe: PipeHandle, listener: RendezvousListener): void {
  const socket = new net.Socket({ handle: pipe } as unknown as net.SocketConstructorOpts);
  let text = '';
  socket.unref();
  socket.setEncoding('utf8');
  socket.on('error', () => {});
  socket.on('close', listener.onClose);
  socket.on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    try {
      for (const line of lines) listener.onMessage(JSON.parse(line) as object);
    } catch {
      socket.destroy();
    }
    if (text.length > LONGEST_MESSAGE) socket.destroy();
  });
  listener.onConnect((message, handle) => {
    if (!socket.destroyed) write(pipe, `${JSON.stringify(message)}\n`, handle);
  });
}

function write(pipe: PipeHandle, line: string, handle?: object): void {
  const { WriteWrap } = binding('stream_wrap') as StreamBinding;
  const request = new WriteWrap();
  request.oncomplete = (): void => {};
  if (pipe.writeUtf8String(request, line, handle) !== 0 && handle !== undefined) write(pipe, line);
}
