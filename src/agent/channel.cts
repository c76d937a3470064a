/** The agent's end of the IPC channel: internal messages, invisible to the app. */
import type { Envelope, FromAgent, ToAgent } from '../model/protocol.ts';

// The agent is CommonJS and cannot require the ESM module that defines it; test/agent checks they are equal.
const CMD = 'NODE_CLUSTER_UP';

// Taken before the app runs: whatever it does to `process.send` does not cut us off.
const send = process.send?.bind(process);

/** To the next supervisor, which this one was not a child of. */
let next: ((message: FromAgent) => void) | null = null;

/** From now on whatever is told is told in this way; null if nobody hears it any more. */
export function tellBy(way: typeof next): void {
  next = way;
}

/** Says something to the supervisor; a supervisor that is gone is not an error. */
export function tell(message: FromAgent): void {
  if (!process.connected) return next?.(message);
  send?.({ ...message, cmd: CMD }, undefined, undefined, ignoreError);
}

/** Sends a handle along, and closes it here. */
export function hand(message: FromAgent, handle: { close(): void }): void {
  if (!process.connected) return handle.close();
  send?.({ ...message, cmd: CMD }, handle as never, undefined, () => handle.close());
}

/** Calls back for each message of the supervisor, with the handle that came with it. */
export function hear(listener: (message: ToAgent, handle: unknown) => void): void {
  process.on('internalMessage' as 'message', (message: { cmd?: unknown }, handle: unknown) => {
    if (message.cmd === CMD) listener(message as Envelope<ToAgent>, handle);
  });
}

/** The channel can break between the check and the write; the 'disconnect' event deals with that. */
function ignoreError(): void {}
