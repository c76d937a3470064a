/**
 * Closing WebSockets of an app that does not do it itself, without knowing its library: a close frame that says "going
 * away" (RFC 6455, 7.4.1) goes out between two frames of the app. The client answers it, at which the library closes
 * the connection as it does for any client that leaves.
 *
 * They go one after the other over the time there is, so that their clients do not all come back at once.
 */
import type { Duplex } from 'node:stream';
import type { Upgraded } from './traffic.cts';

/** FIN and close, two bytes of payload, 1001. A server's frames are not masked. */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);
/** Every so many ms some are closed. */
const TICK = 50;
/** So long, in ms, nothing may have been written to a connection: then no frame is in the middle of being written. */
const STILL = 10;

/** Upgraded connections that are open. */
type Open = ReadonlyMap<Duplex, Upgraded>;

const told = new WeakSet<Duplex>();

/** Begins to close those that are open, evenly until `end` on the clock of `performance.now()`. */
export function closeOverTime(upgraded: Open, end: number): void {
  const begin = performance.now();
  const all = untold(upgraded).length;
  const timer = setInterval(() => {
    const open = untold(upgraded);
    if (open.length === 0) return clearInterval(timer);
    const share = Math.min(1, (performance.now() - begin) / (end - begin));
    const due = Math.max(0, Math.ceil(all * share) - (all - open.length));
    const still = open.filter((socket) => socket.writableLength === 0).slice(0, due);
    const written = still.map(bytesWritten);
    setTimeout(() => {
      for (const [i, socket] of still.entries())
        if (bytesWritten(socket) === written[i]) sayGoingAway(socket);
    }, STILL).unref();
  }, TICK).unref();
}

/** The last moment: whoever has not been told is told now, and the others have had their time to answer. */
export function closeNow(upgraded: Open): void {
  for (const [socket, { isWebSocket }] of upgraded) {
    if (!isWebSocket) continue;
    if (told.has(socket)) socket.end();
    else sayGoingAway(socket);
  }
}

function untold(upgraded: Open): Duplex[] {
  return Array.from(upgraded)
    .filter(([socket, { isWebSocket }]) => isWebSocket && !told.has(socket) && socket.writable)
    .map(([socket]) => socket);
}

function sayGoingAway(socket: Duplex): void {
  if (!socket.writable) return;
  told.add(socket);
  socket.write(GOING_AWAY);
}

/** Those that are no sockets do not say. */
function bytesWritten(socket: Duplex): number {
  return (socket as { bytesWritten?: number }).bytesWritten ?? 0;
}
