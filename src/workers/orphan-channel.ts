/**
 * A channel to a process that is not a child of this one, over which it can hand on sockets. What it stands on is said
 * in src/agent/rendezvous-socket.cts, its other end.
 */
import net, { type Socket } from 'node:net';

interface PipeHandle {
  /** What has come along with what was read last. */
  pendingHandle?: object | null;
}
interface PipeBinding {
  readonly Pipe: new (kind: number) => PipeHandle;
  readonly constants: { readonly IPC: number };
}
const { binding } = process as unknown as { binding: (name: string) => unknown };

/** A message that is longer, in UTF-16 units, is none. */
const LONGEST_MESSAGE = 1_048_576;

export class OrphanChannel {
  readonly #socket: Socket;
  /** Handles whose messages are still to be read. */
  readonly #handles: object[] = [];
  #text = '';

  /**
   * @param said called for each message, with the handle that came with it
   * @param closed called once: the other end has ended or there is none, or it said what is no message
   */
  constructor(
    path: string,
    said: (message: unknown, takeHandle: () => object | null) => void,
    closed: () => void,
  ) {
    const { Pipe, constants } = binding('pipe_wrap') as PipeBinding;
    const handle = new Pipe(constants.IPC);
    // Not to be read before it is connected.
    const socket = new net.Socket({ handle, manualStart: true } as unknown as net.SocketConstructorOpts);
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const left of this.#handles.splice(0)) (left as { close(): void }).close();
      closed();
    });
    socket.on('data', (chunk: string) => {
      const { pendingHandle } = handle;
      if (pendingHandle != null) this.#handles.push(pendingHandle);
      handle.pendingHandle = null;
      this.#read(chunk, said);
    });
    socket.connect({ path });
  }

  send(message: object): void {
    if (!this.#socket.destroyed) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: string, said: (message: unknown, takeHandle: () => object | null) => void): void {
    const lines = (this.#text + chunk).split('\n');
    this.#text = lines.pop() ?? '';
    if (this.#text.length > LONGEST_MESSAGE) return this.close();
    for (const line of lines) {
      let message: unknown;
      try {
        message = JSON.parse(line);
      } catch {
        return this.close();
      }
      said(message, () => this.#handles.shift() ?? null);
    }
  }
}
