/** The agent's end of the IPC channel: internal messages, invisible to the app. */
import type { Envelope, FromAgent, ToAgent } from '../model/protocol.ts';
import { KeptChannel, type Listener, type Owner } from './kept-channel.cts';

// The agent is CommonJS and cannot require the ESM module that defines it; its type is all that it can take from there.
const CMD: Envelope<ToAgent>['cmd'] = 'NODE_CLUSTER_UP';

// Taken before the app runs: whatever it does to `process.send` does not cut us off.
const write = process.send?.bind(process);

/** Null before it is opened, and in a thread. */
let channel: KeptChannel | null = null;

/** To the next supervisor, which this one was not a child of. */
let next: ((message: FromAgent) => void) | null = null;

export interface ChannelListener extends Listener {
  /** A message of the supervisor, with the handle that came with it. */
  readonly onMessage: (message: ToAgent, handle: unknown) => void;
}

/** Listens to the supervisor from now on, whatever the app does with the channel. */
export function open({ onMessage, left, gone }: ChannelListener): void {
  channel = new KeptChannel(process as unknown as Owner, { left, gone });
  process.on('internalMessage' as 'message', (message: { cmd?: unknown }, handle: unknown) => {
    if (message.cmd === CMD) onMessage(message as Envelope<ToAgent>, handle);
  });
}

/** From now on whatever is sent is sent in this way; null if nobody is there any more. */
export function sendBy(way: typeof next): void {
  next = way;
}

/** Sends something to the supervisor; a supervisor that is gone is not an error. */
export function send(message: FromAgent): void {
  if (channel?.isOpen !== true) return next?.(message);
  channel.use(() => write?.({ ...message, cmd: CMD }, undefined, undefined, ignoreError));
}

/** Sends a handle along, and closes it here. */
export function sendHandle(message: FromAgent, handle: { close(): void }): void {
  if (channel?.isOpen !== true) return handle.close();
  channel.use(() => write?.({ ...message, cmd: CMD }, handle as never, undefined, () => handle.close()));
}

/** Keeps the process alive, for a server that has no socket of its own, until what is returned is called. */
export function hold(): () => void {
  return channel?.hold() ?? ignore;
}

/** The channel can break between the check and the write; its end deals with that. */
function ignoreError(): void {}

function ignore(): void {}
