import type http from 'node:http';
import type net from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Hears of upgrades that the app takes. A server with a listener for upgrades treats them in another way than one without, so ours is there only as long as
 * the app has one of its own.
 */
export function listenAsTheAppDoes(
  server: net.Server,
  event: 'upgrade' | 'connect',
  note: (request: http.IncomingMessage, socket: Duplex) => void,
): void {
  const emitter = server as NodeJS.EventEmitter;
  let isNoting = false;
  const follow = (): void => {
    const own = emitter.listenerCount(event) - Number(isNoting);
    if (own > 0 === isNoting) return;
    isNoting = own > 0;
    if (isNoting) emitter.prependListener(event, note);
    else emitter.off(event, note);
  };
  follow();
  // 'newListener' comes before the listener is there.
  emitter.on('newListener', (name, listener) => {
    if (name === event && listener !== note) process.nextTick(follow);
  });
  emitter.on('removeListener', (name, listener) => {
    if (name === event && listener !== note) follow();
  });
}
