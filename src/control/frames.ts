/** Newline-delimited JSON over a socket, with a bound on how long a line may become. */
import type { Socket } from 'node:net';
import { MAX_MESSAGE } from '../model/control.ts';

/** The other end sends what cannot be a message; it is told why, and the connection ends. */
export class FrameError extends Error {}

/**
 * Calls back for each line, parsed. A line that is not JSON, or longer than `MAX_MESSAGE`, calls `broken` once;
 * nothing is read after that.
 */
export function readFrames(
  socket: Socket,
  frame: (value: unknown) => void,
  broken: (error: FrameError) => void,
): void {
  let parts: Buffer[] = [];
  let length = 0;
  const fail = (why: string): void => {
    socket.removeListener('data', onData);
    parts = [];
    broken(new FrameError(why));
  };
  const onData = (chunk: Buffer): void => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)]);
      parts = [];
      length = 0;
      rest = rest.subarray(end + 1);
      if (line.length > MAX_MESSAGE) return fail(`a message may have ${MAX_MESSAGE} bytes`);
      if (line.length === 0) continue;
      let value: unknown;
      try {
        value = JSON.parse(line.toString('utf8'));
      } catch {
        return fail('a message is one line of JSON');
      }
      frame(value);
    }
    length += rest.length;
    if (length > MAX_MESSAGE) return fail(`a message may have ${MAX_MESSAGE} bytes`);
    if (rest.length > 0) parts.push(rest);
  };
  socket.on('data', onData);
}

/** Writes one message; false if the other end reads more slowly than we write. */
export function writeFrame(socket: Socket, value: unknown): boolean {
  if (socket.destroyed || socket.writableEnded) return true;
  return socket.write(`${JSON.stringify(value)}\n`);
}
